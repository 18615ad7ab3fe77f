# What every target is built with. A target takes it by linking ssmgate_options.

option(SSMGATE_TESTS "Build the tests" ON)
option(SSMGATE_FUZZ "Build the fuzz targets (clang)" OFF)
option(SSMGATE_BENCH "Build the benchmarks" OFF)
option(SSMGATE_WERROR "Warnings are errors" ON)
set(SSMGATE_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
option(SSMGATE_COVERAGE "Measure coverage" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(ssmgate_options INTERFACE)
target_compile_options(ssmgate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-align -Woverloaded-virtual -Wnull-dereference -Wdouble-promotion
  -Wformat=2 -Wimplicit-fallthrough -fstack-protector-strong)
if(SSMGATE_WERROR)
  target_compile_options(ssmgate_options INTERFACE -Werror)
endif()
if(SSMGATE_SANITIZE)
  target_compile_options(ssmgate_options INTERFACE
    -fsanitize=${SSMGATE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ssmgate_options INTERFACE -fsanitize=${SSMGATE_SANITIZE})
  # SOURCE: g++'s manual, -fsanitize: instrumentation makes this one warning fire without reason.
  target_compile_options(ssmgate_options INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
elseif(CMAKE_BUILD_TYPE MATCHES Rel)
  target_compile_definitions(ssmgate_options INTERFACE _FORTIFY_SOURCE=2)
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
