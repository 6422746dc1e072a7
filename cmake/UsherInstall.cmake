# What is installed beside the tool: libraries, headers, and the files by which CMake (find_package(usher)) and
# pkg-config find them. And Debian packages, by cpack -G DEB: usher has the tool, libusher-dev the rest.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/usher)
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_to_prefix /${pc_dir} /) # the files may be moved, all together

# usher_pc(NAME DESCRIPTION [LIBS FLAG...] [REQUIRES PACKAGE...] [CFLAGS FLAG...])
function(usher_pc name description)
    cmake_parse_arguments(ARG "" "" "LIBS;REQUIRES;CFLAGS" ${ARGN})
    list(JOIN ARG_LIBS " " libs)
    list(JOIN ARG_REQUIRES ", " requires)
    list(JOIN ARG_CFLAGS " " cflags)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/usher.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc DESTINATION ${pc_dir} COMPONENT dev)
endfunction()

# usher_export(TARGET NAME) installs a library that others link as usher::NAME.
function(usher_export target name)
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    install(TARGETS ${target} EXPORT usher COMPONENT dev
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${ARGN})
endfunction()

usher_export(usher usher)
usher_pc(usher "Bluetooth Mesh provisioning, without a role" LIBS -lusher)

# A role takes the place of weak functions, so its archive is linked as a whole, wherever it stands.
foreach(role provisioner device)
    add_library(usher_${role}_archive STATIC $<TARGET_OBJECTS:usher_${role}_objects>)
    set_target_properties(usher_${role}_archive PROPERTIES OUTPUT_NAME usher_${role})
    target_link_libraries(usher_${role}_archive INTERFACE usher)
    add_library(usher_${role}_installed INTERFACE)
    target_link_libraries(usher_${role}_installed INTERFACE
        $<INSTALL_INTERFACE:$<LINK_LIBRARY:WHOLE_ARCHIVE,usher::${role}_archive>>)
    usher_export(usher_${role}_archive ${role}_archive)
    usher_export(usher_${role}_installed ${role})
    usher_pc(usher-${role} "Bluetooth Mesh provisioning, the ${role}"
        LIBS "-Wl,--whole-archive,\${libdir}/libusher_${role}.a,--no-whole-archive" REQUIRES usher)
endforeach()

usher_export(usher_crypto_openssl crypto_openssl)
usher_export(usher_crypto_psa crypto_psa)
usher_export(usher_crypto_bearssl crypto_bearssl)
usher_pc(usher-crypto-openssl "Usher's cryptography by OpenSSL" LIBS -lusher_crypto_openssl
    REQUIRES usher "libcrypto >= 3.0")
usher_pc(usher-crypto-psa "Usher's cryptography by PSA" LIBS -lusher_crypto_psa -lmbedcrypto REQUIRES usher)
usher_pc(usher-crypto-bearssl "Usher's cryptography by BearSSL" LIBS -lusher_crypto_bearssl -lbearssl
    REQUIRES usher)

usher_export(usher_serial serial)
usher_export(usher_hci hci)
usher_export(usher_sim sim)
usher_export(usher_linux linux ${CMAKE_INSTALL_INCLUDEDIR}/usher-linux)
usher_pc(usher-serial "Usher's serial interface" LIBS -lusher_serial REQUIRES usher)
usher_pc(usher-linux "Usher on a libuv loop" LIBS -lusher_linux -lusher_hci -lusher_sim
    REQUIRES usher usher-serial usher-crypto-openssl libuv
    CFLAGS "-I\${includedir}/usher-linux" -D_GNU_SOURCE)

install(DIRECTORY include/usher DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
install(FILES ports/linux/linux_port.h ports/linux/file_store.h
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/usher-linux COMPONENT dev)

install(EXPORT usher NAMESPACE usher:: FILE usherTargets.cmake DESTINATION ${package_dir} COMPONENT dev)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/usherConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES cmake/usherConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/usherConfigVersion.cmake
    DESTINATION ${package_dir} COMPONENT dev)

# -- Debian packages -------------------------------------------------------------------------------

install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/usher COMPONENT tool)
install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libusher-dev COMPONENT dev)

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL tool dev)
set(CPACK_PACKAGE_CONTACT "The Usher project <usher@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_DEBIAN_TOOL_PACKAGE_NAME usher)
set(CPACK_DEBIAN_TOOL_PACKAGE_SECTION net)
set(CPACK_DEBIAN_TOOL_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TOOL_PACKAGE_RECOMMENDS tshark)
set(CPACK_DEBIAN_TOOL_DESCRIPTION "The command usher admits devices to a Bluetooth Mesh network by the hundred,
configures them, and explains what went wrong with the one that did not come.
It has a simulated air to try all of it on.")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libusher-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libssl-dev (>= 3.0), libuv1-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "libmbedtls-dev, libbearssl-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION "Libraries and headers of Usher, for C programs: a provisioner, a device, the
mesh node, and the port for Linux. Found by pkg-config (usher-provisioner, ...)
and by CMake's find_package(usher).")
include(CPack)
