# Every library comes from Debian 12; scripts/install-dependencies names the packages.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(absl REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(CRYPT REQUIRED IMPORTED_TARGET libcrypt)
pkg_check_modules(MNL REQUIRED IMPORTED_TARGET libmnl)
# Its core alone, with the text serializer: the admin listener serves it.
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)

# Boost's headers are not held to our warnings, and its big parts are compiled once
# (proxy/net/boost_sources.cpp, policy/request/boost_json_sources.cpp).
add_library(ssmgate_boost INTERFACE)
target_include_directories(ssmgate_boost SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_compile_definitions(ssmgate_boost INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED
  BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_JSON_NO_LIB BOOST_JSON_STATIC_LINK
  # Coroutine frames are kept by their thread, more than two of them, and come from operator new:
  # aligned_alloc takes glibc's slow path each time.
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=8
  BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN
  BOOST_ERROR_CODE_HEADER_ONLY)
