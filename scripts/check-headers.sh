#!/bin/sh
# check-headers.sh CC [CXX]: every public header compiles alone, as C11 and, given a C++ compiler,
# as C++17. Those of nrf_mesh/ are compiled for the configuration that its tests have, and their
# messages have flexible arrays, which C++ has as an extension only.
set -eu
cd "$(dirname "$0")/.."
failed=0

# compiles_alone COMPILER LANGUAGE STANDARD HEADER [FLAG]
compiles_alone() {
    if ! printf '#include <%s>\nint not_empty;\n' "$4" |
        "$1" -x "$2" "-std=$3" -Wall -Wextra -Werror -fsyntax-only -Iinclude \
            -DHOST -DCONFIG_APP_IN_CORE -Inrf_mesh/include -Inrf_mesh/include/nrf5_sdk \
            -Itests/api ${5+"$5"} -; then
        echo "$4 does not compile alone as $3" >&2
        failed=1
    fi
}

for path in include/usher/*.h nrf_mesh/include/*.h nrf_mesh/include/nrf5_sdk/*.h; do
    header=${path#nrf_mesh/}
    header=${header#include/}
    header=${header#nrf5_sdk/}
    compiles_alone "$1" c c11 "$header" -pedantic
    if [ $# -gt 1 ] && [ "$path" != "${path#nrf_mesh/}" ]; then
        compiles_alone "$2" c++ c++17 "$header"
    elif [ $# -gt 1 ]; then
        compiles_alone "$2" c++ c++17 "$header" -pedantic
    fi
done
exit $failed
