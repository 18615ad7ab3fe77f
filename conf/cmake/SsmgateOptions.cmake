# What every target is built with. A target takes it by linking ssmgate_options.

option(SSMGATE_TESTS "Build the tests" ON)
option(SSMGATE_FUZZ "Build the fuzz targets (clang)" OFF)
option(SSMGATE_WERROR "Warnings are errors" ON)
set(SSMGATE_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
option(SSMGATE_COVERAGE "Measure coverage" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# -Wnull-dereference is not among them: g++ 12 raises it in libstdc++'s own stream buffers.
add_library(ssmgate_options INTERFACE)
target_compile_options(ssmgate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-align -Woverloaded-virtual -Wdouble-promotion -Wformat=2
  -Wimplicit-fallthrough -fstack-protector-strong -fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
  target_compile_options(ssmgate_options INTERFACE -fcf-protection)
endif()
# Several sources in one take whatever is in an unnamed namespace for a fault; in `dev`, where each
# is alone, that warning holds.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(ssmgate_options INTERFACE -Wno-subobject-linkage)
elseif(CMAKE_UNITY_BUILD)
  # clang takes an alias of a namespace that stands in two of the sources for shadowing.
  target_compile_options(ssmgate_options INTERFACE -Wno-shadow)
endif()
if(SSMGATE_WERROR)
  target_compile_options(ssmgate_options INTERFACE -Werror)
endif()

# An index out of range ends the process, also in what ships: it faces the network.
target_compile_definitions(ssmgate_options INTERFACE _GLIBCXX_ASSERTIONS)

if(SSMGATE_SANITIZE)
  target_compile_options(ssmgate_options INTERFACE
    -fsanitize=${SSMGATE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ssmgate_options INTERFACE -fsanitize=${SSMGATE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # SOURCE: GCC's manual: sanitized code makes the first warn where nothing is wrong. Asio's
    # fences are not understood by TSan, which -Wtsan says in every file. A coroutine frame's own
    # operator new and delete are taken for a mismatched pair once the frame is not inlined.
    target_compile_options(ssmgate_options INTERFACE
      -Wno-maybe-uninitialized -Wno-tsan -Wno-mismatched-new-delete)
  else()
    # clang 14 cannot emit this check's data beside a coroutine's parts ("cannot represent a
    # difference across sections").
    target_compile_options(ssmgate_options INTERFACE -fno-sanitize=function)
  endif()
elseif(CMAKE_BUILD_TYPE MATCHES Rel)
  # Not under sanitizers, which see more than the fortified functions let them.
  target_compile_definitions(ssmgate_options INTERFACE _FORTIFY_SOURCE=2)
  # No path of the machine that built it in what ships.
  target_compile_options(ssmgate_options INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
endif()
if(SSMGATE_FUZZ)
  target_compile_options(ssmgate_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(SSMGATE_COVERAGE)
  target_compile_options(ssmgate_options INTERFACE --coverage)
  target_link_options(ssmgate_options INTERFACE --coverage)
endif()
target_link_options(ssmgate_options INTERFACE -Wl,-z,relro,-z,now)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Moves a program's debug information into PROGRAM.debug beside it, where gdb looks for it.
function(ssmgate_split_debug target)
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    add_custom_command(TARGET ${target} POST_BUILD
      COMMAND ${CMAKE_OBJCOPY} --only-keep-debug
        $<TARGET_FILE:${target}> $<TARGET_FILE:${target}>.debug
      COMMAND ${CMAKE_OBJCOPY} --strip-debug
        --add-gnu-debuglink=$<TARGET_FILE:${target}>.debug $<TARGET_FILE:${target}>
      VERBATIM)
  endif()
endfunction()
