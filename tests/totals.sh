#!/usr/bin/env bash
# totals.sh FILE...: adds up what suites counted, and prints "PASSED FAILED SKIPPED". It knows the summary of dotnet test,
# one line per project; the fuzzer's, one line per target; and lines "N passed, N failed, N skipped".
set -euo pipefail
sed -nE \
    -e 's/^(Passed|Failed|Skipped)! +- Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+),.*/\3 \2 \4/p' \
    -e 's/^[a-z]+: seed .* inputs, .*, 0 found$/1 0 0/p' \
    -e 's/^[a-z]+: seed .* inputs, .*, [1-9][0-9]* found$/0 1 0/p' \
    -e 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' \
    "$@" | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }'
