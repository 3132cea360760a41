#!/usr/bin/env bash
# Runs the engine's tests that hold on Windows (those marked with OnWindowsToo) as a Windows program under Wine, and passes
# archives between the two platforms. Needs wine (Debian: wine, wine64). Ends with a line of totals.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
command -v wine >/dev/null || { echo "wine is not installed"; exit 1; }

work=$(mktemp -d)
export WINEARCH=win64 WINEPREFIX=${WINEPREFIX:-$work/prefix} WINEDEBUG=-all
# Two mappings of one page of code are beyond Wine.
export DOTNET_EnableWriteXorExecute=0
export SNAPSHOTTER_EXCHANGE=$work/exchange
mkdir "$SNAPSHOTTER_EXCHANGE"
trap 'wineserver -k 2>/dev/null || /usr/lib/wine/wineserver64 -k 2>/dev/null; rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# run NAME COMMAND...: a run of the tests, whose summary is added up. One that hangs (a failed assertion does, under Wine)
# or ends without a summary is a failure.
run() {
    local name=$1 log=$work/log
    shift
    timeout --kill-after=10 120 "$@" -noColor -parallelMode none >"$log" 2>&1
    local summary
    summary=$(sed -nE 's/.* Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+),.*/\1 \2 \3 \4/p' "$log" | tail -n 1)
    grep -E -A 3 '\[(FAIL|SKIP)\]' "$log"
    if [ -z "$summary" ]; then
        echo "FAILED: $name did not come to its end"
        tail -n 20 "$log"
        failed=$((failed + 1))
        return
    fi
    local counts=($summary)
    echo "--- $name: $summary (total, errors, failed, skipped)"
    failed=$((failed + counts[1] + counts[2])) skipped=$((skipped + counts[3]))
    passed=$((passed + counts[0] - counts[2] - counts[3]))
}

project=tests/Snapshotter.Engine.Tests
dotnet build $project -c Release -v quiet || exit 1
# With a lock file of its own: that of the project names no runtime.
dotnet publish $project -c Release -r win-x64 --self-contained -p:NuGetLockFilePath=obj/win-x64.lock.json -o "$work/tests" -v quiet || exit 1
[ -d "$WINEPREFIX" ] || { wineboot -i && wine winecfg -v win10; } >"$work/boot" 2>&1 || { cat "$work/boot"; exit 1; }

linux=$project/bin/Release/net10.0/Snapshotter.Engine.Tests
exchange=Snapshotter.Engine.Tests.RoundTrips.ExchangeTests
run "Linux saves" "$linux" -method "$exchange.What_is_saved_here*"
export SNAPSHOTTER_EXCHANGE="Z:${SNAPSHOTTER_EXCHANGE//\//\\}"
run "Windows saves" wine "$work/tests/Snapshotter.Engine.Tests.exe" -method "$exchange.What_is_saved_here*"
run "Windows" wine "$work/tests/Snapshotter.Engine.Tests.exe" -trait Runs=anywhere
export SNAPSHOTTER_EXCHANGE=$work/exchange
run "Linux restores" "$linux" -class "$exchange"

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
