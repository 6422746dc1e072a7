# find_package(usher): usher::usher, usher::provisioner, usher::device, usher::serial,
# usher::crypto_openssl, usher::crypto_psa, usher::crypto_bearssl, usher::linux. What only some of them need
# is not required here: it is missed by who links them.
cmake_minimum_required(VERSION 3.24) # a role is linked as a whole archive
find_package(OpenSSL 3.0 QUIET COMPONENTS Crypto)
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND AND NOT TARGET PkgConfig::LIBUV)
    pkg_check_modules(LIBUV QUIET IMPORTED_TARGET libuv)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/usherTargets.cmake)
