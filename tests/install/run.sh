#!/usr/bin/env bash
# Installs the module as the README tells, from this folder and from the package, each into a PowerShell of a user who has
# nothing, and saves and checks something with it. Ends with a line of totals.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd) || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The packages that are there already; all else of that user's lies in $work.
export NUGET_PACKAGES=${NUGET_PACKAGES:-$HOME/.nuget/packages}
passed=0 failed=0

pwsh() { # HOME ARGUMENTS...
    (cd "$work" && HOME=$1 XDG_DATA_HOME=$1/.local/share XDG_CONFIG_HOME=$1/.config XDG_CACHE_HOME=$1/.cache \
        "$root/tools/pwsh.sh" -NoProfile -NonInteractive "${@:2}")
}

# check NAME HOME: the installed module works, and it is the one of that user.
check() {
    local found
    found=$(pwsh "$2" -Command "
        \$ErrorActionPreference = 'Stop'
        Import-Module Snapshotter
        \$null = Initialize-BackupTar './$1.tar'
        \$null = Backup-Volume '$root/examples' './$1.tar'
        \"\$(Test-BackupTar './$1.tar' -Quiet) \$((Get-Module Snapshotter).ModuleBase.StartsWith('$2/.local/share/')) \$((Get-Help Backup-Volume).Synopsis.Length -gt 20)\"")
    if [ "$found" = 'True True True' ]; then
        echo "$1: installed, saves and tests"
        passed=$((passed + 1))
    else
        echo "FAILED: $1: $found"
        failed=$((failed + 1))
    fi
}

mkdir "$work/folder" "$work/package"
# Twice: the second installs over the first.
for _ in 1 2; do pwsh "$work/folder" -File "$root/build.ps1" -Task Install; done
check folder "$work/folder"

pwsh "$work/package" -File "$root/build.ps1" -Task Package
pwsh "$work/package" -Command "
    Register-PSResourceRepository built '$root/out/packages' -Trusted
    Install-PSResource Snapshotter -Repository built"
check package "$work/package"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
