#!/usr/bin/env bash
# Runs Windows programs under Wine: the module that was packed here, imported in PowerShell under every execution policy; the
# tests of the engine that hold on Windows (those marked with OnWindowsToo), those of the cmdlets, and the Pester suite; and
# passes archives between the two platforms. Everything lies on Wine's drive C:, where it is nearest to Windows.
#
#   tests/windows/wine.sh          all of it
#   tests/windows/wine.sh short    what takes a few minutes
#
# What Wine itself does wrong is named in wine-faults.txt, and skipped. Ends with a line of totals. Without Wine (Debian:
# wine, wine64), and where it cannot be installed, that line is one skip.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
form=${1:-long}

install_wine() {
    command -v wine >/dev/null && return
    local sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo -n"
    local apt="$sudo apt-get -qq -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3"
    export DEBIAN_FRONTEND=noninteractive
    echo "Installing wine"
    $apt install -y --no-install-recommends wine wine64 >/dev/null 2>&1 && return
    { $apt update && $apt install -y --no-install-recommends wine wine64; } >/dev/null 2>&1
    command -v wine >/dev/null
}

if ! install_wine || ! command -v script >/dev/null; then
    echo "SKIPPED: there is no Wine here, and none could be installed (wine, wine64, bsdutils)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi

work=$(mktemp -d)
export WINEARCH=win64 WINEPREFIX=$work/prefix WINEDEBUG=-all
# Two mappings of one page of code are beyond Wine.
export DOTNET_EnableWriteXorExecute=0
export POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off NO_COLOR=1
# What an installed PowerShell has in its settings.
export PSExecutionPolicyPreference=RemoteSigned
# Where things lie, for the tests and for Windows.
drive=$work/prefix/drive_c
export SNAPSHOTTER_TESTS_RepositoryRoot='C:\repository' SNAPSHOTTER_TESTS_PowerShell='C:\tests'
export SNAPSHOTTER_TESTS_Pester='C:\Pester\Pester.psd1' SNAPSHOTTER_TESTS_OtherYamlDotNet='C:\YamlDotNet.dll'

stop_wine() { wineserver -k 2>/dev/null || /usr/lib/wine/wineserver64 -k 2>/dev/null; }
trap 'stop_wine; rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# in_wine SECONDS PROGRAM ARGUMENTS...: runs a Windows program; what it says is in $work/log. PowerShell wants a console,
# and Wine makes one for whoever has a terminal. Now and then Wine does not tell a program that another one has ended; so
# what hangs is tried once more.
in_wine() {
    local seconds=$1 command status attempt
    shift
    command=$(printf '%q ' timeout --kill-after=10 "$seconds" wine "$@")
    for attempt in 1 2; do
        SHELL=/bin/bash script -qec "$command >$work/out 2>&1" /dev/null </dev/null >/dev/null 2>&1
        status=$?
        [ "$status" -ge 124 ] || break
        echo "$1 hung"
        stop_wine
    done
    tr -d '\r' <"$work/out" | grep -v '^wine: Read access denied' >"$work/log"
    return "$status"
}

pass() { echo "$1"; passed=$((passed + 1)); }
fail() { echo "FAILED: $1"; tail -n 20 "$work/log"; failed=$((failed + 1)); }

# count NAME: adds up the summary of a run of xunit. One that hangs or ends without a summary is a failure.
count() {
    local summary
    summary=$(sed -nE 's/.* Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+),.*/\1 \2 \3 \4/p' "$work/log" | tail -n 1)
    grep -E -A 8 '\[(FAIL|SKIP)\]' "$work/log"
    [ -n "$summary" ] || { fail "$1 did not come to its end"; return; }
    local counts=($summary)
    echo "--- $1: $summary (total, errors, failed, skipped)"
    failed=$((failed + counts[1] + counts[2])) skipped=$((skipped + counts[3]))
    passed=$((passed + counts[0] - counts[2] - counts[3]))
}

# The tests that are not run, by their names.
faults=() without=()
while read -r name reason; do
    faults+=("$name")
    without+=(-method- "$name")
    echo "SKIP $name: $reason"
done < <(grep -v '^#' tests/windows/wine-faults.txt)
skipped=${#faults[@]}

publish() { # PROJECT FOLDER
    dotnet publish "tests/$1" -c Release -p:SnapshotterTestPlatform=win-x64 -o "$drive/$2" -v quiet
}

# ---- what Windows gets: programs, and of the repository what the tests read
dotnet build tests/Snapshotter.Engine.Tests -c Release -v quiet && dotnet build tests/Snapshotter.PowerShell.Tests -c Release -v quiet || exit 1
dotnet pack src/Snapshotter.PowerShell -c Release --no-build -o "$work/packages" -v quiet || exit 1
{ wineboot -i && wine winecfg -v win10; } >"$work/boot" 2>&1 || { cat "$work/boot"; exit 1; }
publish Snapshotter.Engine.Tests engine && publish Snapshotter.PowerShell.Tests tests && publish windows/Host tests || exit 1
# Where PowerShell looks for its own modules.
mv "$drive/tests/runtimes/win/lib/net10.0/Modules" "$drive/tests" || exit 1
mkdir -p "$drive/repository/out" "$drive/package/Snapshotter" "$drive/exchange"
cp -r --parents .config build build.ps1 docs examples image module src/*/*.cs tests/Pester tools README.md CHANGELOG.md LICENSE "$drive/repository" || exit 1
cp -r out/module "$drive/repository/out"
python3 -m zipfile -e "$work"/packages/Snapshotter.*.nupkg "$drive/package/Snapshotter" || exit 1
packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
version() { sed -nE "s|.*<$1>(.*)</$1>.*|\1|p" "$2"; }
cp -r "$packages/pester/$(version PesterVersion Directory.Packages.props)/tools" "$drive/Pester" || exit 1
cp "$packages/yamldotnet/$(version OtherYamlDotNetVersion tests/Snapshotter.PowerShell.Tests/Snapshotter.PowerShell.Tests.csproj)/lib/net8.0/YamlDotNet.dll" "$drive" || exit 1

# ---- the package that was made here
for policy in RemoteSigned AllSigned Restricted; do
    if PSExecutionPolicyPreference=$policy MODULE='C:\package\Snapshotter' PLACE="C:\\$policy" \
        in_wine 120 'C:\tests\pwsh.exe' -NoProfile -NonInteractive -Command "$(cat tests/windows/package.ps1)" \
        && grep -q '^Complete Generation Created' "$work/log"; then
        pass "The package saves and restores under the policy $policy"
    else
        fail "the package under the policy $policy"
    fi
done

# ---- the README's part
mkdir -p "$drive/Data" "$drive/Users/me"
echo content >"$drive/Data/file.txt"
echo notes >"$drive/Users/me/notes.txt"
commands=$(awk '/^### Windows$/ { here = 1 } /^### Cmdlets$/ { exit } here && /^```$/ { code = 0 } code; here && /^```powershell$/ { code = 1 }' README.md)
if [ -n "$commands" ] && in_wine 120 'C:\tests\pwsh.exe' -NoProfile -NonInteractive -WorkingDirectory 'C:\repository' \
    -Command "\$ErrorActionPreference = 'Stop'"$'\n'"$commands" && cmp -s "$drive/Data/file.txt" "$drive/Restored/C_/Data/file.txt"; then
    pass "The README's commands"
else
    fail "the README's commands"
fi

# ---- archives from one platform to the other
linux=tests/Snapshotter.Engine.Tests/bin/Release/net10.0/Snapshotter.Engine.Tests
exchange="*.ExchangeTests"
on_linux() { SNAPSHOTTER_EXCHANGE=$drive/exchange timeout 120 "$linux" -noColor -parallelMode none "$@" >"$work/log" 2>&1; }
engine() { SNAPSHOTTER_EXCHANGE='C:\exchange' in_wine "$1" 'C:\engine\Snapshotter.Engine.Tests.exe' -noColor -parallelMode none "${without[@]}" "${@:2}"; }
on_linux -method "$exchange.What_is_saved_here*"; count "Linux saves"
engine 120 -method "$exchange.What_is_saved_here*"; count "Windows saves"
engine 120 -class "$exchange"; count "Windows restores"
on_linux -class "$exchange"; count "Linux restores"

# ---- the engine
if [ "$form" = short ]; then
    engine 180 -trait Runs=anywhere -namespace Snapshotter.Engine.Tests.FileSystem; count "Engine, file system"
else
    engine 900 -trait Runs=anywhere; count "Engine"
fi

# ---- the cmdlets, class by class: one that hangs takes no other along. The Pester suite comes below.
classes=(SessionDisplayTests ImportTests BadInputTests HelpTests)
[ "$form" = short ] || classes=($(cd tests/Snapshotter.PowerShell.Tests && ls -- *Tests.cs | sed 's/\.cs$//' | grep -v '^PesterTests$'))
for class in "${classes[@]}"; do
    in_wine 180 'C:\tests\Snapshotter.PowerShell.Tests.exe' -noColor -parallelMode none "${without[@]}" -class "Snapshotter.PowerShell.Tests.$class"
    count "$class"
done

# ---- the Pester suite, file by file
files=(tests/Pester/*.Tests.ps1)
[ "$form" = short ] && files=(tests/Pester/{Module,Backup-Volume,Restore-Volume}.Tests.ps1)
for file in "${files[@]}"; do
    in_wine 180 'C:\tests\pwsh.exe' -NoProfile -NonInteractive -Command "
        Import-Module C:\\Pester\\Pester.psd1
        \$result = Invoke-Pester -Path 'C:\\repository\\${file//\//\\}' -Output Detailed -PassThru
        \"totals \$(\$result.PassedCount) \$(\$result.FailedCount + \$result.FailedContainersCount + \$result.FailedBlocksCount) \$(\$result.SkippedCount)\""
    totals=($(sed -n 's/^totals //p' "$work/log"))
    [ ${#totals[@]} -eq 3 ] || { fail "$file did not come to its end"; continue; }
    grep -E '^ *\[[-!]\]' -A 3 "$work/log"
    echo "--- $file: ${totals[*]} (passed, failed, skipped)"
    passed=$((passed + totals[0])) failed=$((failed + totals[1])) skipped=$((skipped + totals[2]))
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
