#!/bin/sh
# Everything about the source that can be checked without running it. ./dev check calls it and
# installs what it needs. Each step prints one line; a failed one also what it found, and the
# others still run.
# shellcheck disable=SC2317 # the functions are called by step
set -u
cd "$(dirname "$0")/.." || exit
sources=$(scripts/sources.sh)
log=build/check.log
failed=0
mkdir -p build

# step NAME COMMAND...
step() {
    name=$1
    shift
    if "$@" >"$log" 2>&1; then
        echo "ok      $name"
    else
        echo "FAILED  $name"
        cat "$log"
        failed=1
    fi
}

formatted() {
    # shellcheck disable=SC2086
    clang-format --dry-run -Werror $sources
}

# Columns, and marks of unfinished work.
style() {
    # shellcheck disable=SC2086
    awk 'length > 100 { print FILENAME ":" FNR ": " length " columns"; bad = 1 }
        /TODO|FIXME/ { print FILENAME ":" FNR ": unfinished"; bad = 1 }
        END { exit bad }' $sources
}

# All of it, by the other compiler. The linters read its compile commands.
clang_build() {
    CC=clang cmake -S . -B build/clang -G Ninja -DUSHER_WERROR=ON \
        -DCMAKE_EXPORT_COMPILE_COMMANDS=ON &&
        cmake --build build/clang -j "$(nproc)"
}

# What is for the microcontroller alone does not compile here.
tidy() {
    echo "$sources" | grep '\.c$' | grep -v '^ports/cortex-m/' | xargs -n 4 -P "$(nproc)" clang-tidy -p build/clang --quiet
}

# uninitvar: cppcheck does not see that sys/queue.h's loops set their variable; the analyzers do.
cpp_check() {
    cppcheck --quiet --error-exitcode=1 --inline-suppr --library=posix --library=bsd \
        --suppress=missingIncludeSystem --suppress=uninitvar \
        --enable=warning,performance,portability -j "$(nproc)" \
        --project=build/clang/compile_commands.json
}

# gcc's analyzer follows the paths through the core; the core alone is what it is quick with.
analyzer() {
    cmake -S . -B build/analyzer -G Ninja -DUSHER_HOST=OFF -DUSHER_WERROR=ON \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=gcc -DCMAKE_C_FLAGS=-fanalyzer &&
        cmake --build build/analyzer -j "$(nproc)"
}

step 'format' formatted
step 'columns, unfinished marks' style
step 'shell scripts' shellcheck dev .ci/run scripts/*.sh
step 'clang build' clang_build
step 'layers, globals, headers' \
    ctest --test-dir build/clang -L check --output-on-failure --no-tests=error
step 'clang-tidy' tidy
step 'cppcheck' cpp_check
step 'gcc -fanalyzer' analyzer
exit $failed
