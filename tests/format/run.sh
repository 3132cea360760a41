#!/usr/bin/env bash
# Whether the code has the style of .editorconfig. Needs a build, and ends with a line of totals.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

if dotnet format Snapshotter.sln --no-restore --verify-no-changes; then
    echo "1 passed, 0 failed, 0 skipped"
else
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
