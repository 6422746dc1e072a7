#!/bin/sh
# check-globals.sh BUILD_DIR: fails if the core has a writable global. Builds the core alone,
# without sanitizers (they add globals of their own), and reads the section sizes of every object:
# .data, .bss and COMMON symbols must not be. Constant tables that hold addresses are in
# .data.rel.ro, which is not writable at run time, and are allowed.
set -eu
source=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$1

cmake -S "$source" -B "$build" -G Ninja -DUSHER_HOST=OFF -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$build" >/dev/null

objects=$(find "$build" -name '*.o')
if [ -z "$objects" ]; then
    echo "no objects in $build" >&2
    exit 1
fi
# shellcheck disable=SC2086 # a list of names without blanks
found=$(objdump -t $objects | awk '
    /file format/ { object = $1 }
    {
        section = ""
        for (i = 2; i < NF; i++)
            if ($i ~ /^(\.t?data|\.t?bss|\*COM\*)/ && $i !~ /^\.data\.rel\.ro/) section = $i
    }
    section != "" && $NF != section { print object " " section " " $NF }')
if [ -n "$found" ]; then
    echo "writable globals in the core:" >&2
    echo "$found" >&2
    exit 1
fi
echo "no writable global in $(echo "$objects" | wc -l) objects"
