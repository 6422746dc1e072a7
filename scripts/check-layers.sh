#!/bin/sh
# check-layers.sh CC LAYER=DIR:DIR...: who may include whom. Given the include path that each
# layer is built with, asks the preprocessor about every header of src/ from every layer: those of
# the layers it may see must be found, all others must not. Then reads the includes themselves,
# for what a path cannot forbid.
set -eu
source=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cc=$1
shift
failed=0

complain() {
    echo "$*" >&2
    failed=1
}

# The layers that a layer may include from.
sees() {
    case $1 in
        util) echo util ;;
        crypto) echo util crypto ;;
        prov) echo util crypto prov ;;
        bearer) echo util bearer ;;
        net) echo util crypto net ;;
        model) echo util crypto net model ;;
        store) echo util crypto net model store ;;
        node) echo util crypto prov bearer net model store node ;;
        serial) echo util crypto serial ;;
        *) complain "unknown layer: $1" ;;
    esac
}

# may LAYER OTHER
may() {
    case " $(sees "$1") " in
        *" $2 "*) return 0 ;;
        *) return 1 ;;
    esac
}

# The question to the preprocessor for LAYER and each header: can you see it, and should you?
questions() {
    for header in "$source"/src/*/*.h; do
        owner=$(basename "$(dirname "$header")")
        name=$(basename "$header")
        if may "$1" "$owner"; then
            printf '#if !__has_include("%s")\n#error src/%s cannot include %s/%s\n#endif\n' \
                "$name" "$1" "$owner" "$name"
        else
            printf '#if __has_include("%s")\n#error src/%s can include %s/%s\n#endif\n' \
                "$name" "$1" "$owner" "$name"
        fi
    done
}

for pair in "$@"; do
    flags=$(printf '%s' "-I${pair#*=}" | sed 's/:/ -I/g')
    # shellcheck disable=SC2086 # a list of flags; our paths have no blanks
    questions "${pair%%=*}" | (cd / && "$cc" -x c -std=c11 -E -o /dev/null $flags -) ||
        complain "the include path of src/${pair%%=*} is not as it should be"
done

# Nothing below node but store knows the port, nor the instance but for prov, which tells usher/usher.h's
# events. No include climbs out of its directory, and the core needs no more of the C library than
# this.
cd "$source"
if grep -nE '#include <usher/port\.h>' -r src/util src/crypto src/prov src/bearer src/net src/model; then
    complain 'only src/node and src/store may include usher/port.h'
fi
if grep -nE '#include <usher/usher\.h>' -r src/util src/crypto src/bearer src/net src/model src/store; then
    complain 'only src/node and src/prov may include usher/usher.h'
fi
if grep -nE '#include "[^"]*/' -r src; then
    complain 'an include names a directory'
fi
if grep -nE '#include <' -r src --include='*.[ch]' --exclude=openssl.c --exclude=psa.c \
    --exclude=bearssl.c |
    grep -vE '<(usher/.*|assert|limits|stdbool|stddef|stdint|string)(\.h)?>'; then
    complain 'the core includes more than freestanding headers, string.h and assert.h'
fi

if [ $# -eq 0 ]; then
    complain 'no layer to try'
fi
exit $failed
