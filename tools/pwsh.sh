#!/usr/bin/env bash
# Becomes the PowerShell that .config/dotnet-tools.json pins: tools/pwsh.sh ARGUMENTS. "dotnet pwsh" is that one too, but
# behind two more processes, which keep signals to themselves.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
version=$(sed -nE '/"powershell"/,/"version"/ s/.*"version": "([^"]+)".*/\1/p' "$root/.config/dotnet-tools.json")
program=${NUGET_PACKAGES:-$HOME/.nuget/packages}/powershell/$version/tools/net10.0/any/unix/pwsh.dll
[ -f "$program" ] || (cd "$root" && dotnet tool restore >&2) || exit 1
exec dotnet exec "$program" "$@"
