#!/bin/sh
# fuzz.sh MINUTES TARGET...: runs the fuzz targets of build/fuzz, as many at once as there are cores,
# each for so long. Prints a line for each when it is over; a finding does not stop the others, but
# the exit status is not 0 then. The log is build/TARGET.log, inputs that are worth keeping go to
# build/fuzz/corpus/TARGET, and one that found something to build/TARGET-*. Called by ./dev fuzz.
set -u

# Less memory that is kept back from reuse: runs are short, and fresh pages cost a third of their time.
export ASAN_OPTIONS="quarantine_size_mb=16:${ASAN_OPTIONS:-}"

# run MINUTES TARGET
run() {
    corpus=build/fuzz/corpus/$2 # the first of two directories takes what is new
    log=build/$2.log
    mkdir -p "$corpus"
    if "build/fuzz/tests/fuzz/$2" -max_total_time=$(($1 * 60)) -max_len=1024 -timeout=20 \
        -print_final_stats=1 -artifact_prefix="build/$2-" "$corpus" "tests/fuzz/corpus/$2" \
        >"$log" 2>&1; then
        awk -v target="$2" '
            /^stat::number_of_executed_units:/ { executions = $2 }
            /^stat::average_exec_per_sec:/ { rate = $2 }
            $2 == "DONE" { edges = $4; features = $6 }
            END {
                printf "%-20s %10d executions, %6d/s, %6d edges, %6d features\n", target,
                    executions, rate, edges, features
            }' "$log"
    else
        input=$(sed -n 's/.*Test unit written to //p' "$log")
        reason=$(grep -m 1 -e 'not so:' -e 'runtime error:' -e 'ERROR:' "$log")
        printf '%-20s FINDING by %s: %s (log: %s)\n' "$2" "${input:-no input}" \
            "${reason:-it ended early}" "$log"
        return 1
    fi
}

if [ "$1" = --one ]; then
    run "$2" "$3"
    exit
fi
minutes=$1
shift
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' "$0" --one "$minutes" '{}'
