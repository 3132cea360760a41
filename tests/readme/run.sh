#!/usr/bin/env bash
# Runs the commands of the README as they are written, one fenced block after the other, in the folder of the repository
# (docker blocks: in an empty folder). Blocks are marked by a comment on the line before the fence:
#   <!-- not checked: REASON -->   skipped, which is counted and told
#   <!-- needs docker -->          run with the argument "docker" only, when an engine and the image "snapshotter" are there
# tests/readme/run.sh           all blocks but those for docker
# tests/readme/run.sh docker    those for docker only
# tests/readme/run.sh fresh     the first, in a fresh clone of the last commit
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd) || exit 1
mode=${1:-here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# What a block installs is installed for a user of its own.
export XDG_DATA_HOME=$work/data
folder=$root
if [ "$mode" = fresh ]; then
    git clone -q "$root" "$work/clone" || exit 1
    folder=$work/clone
elif [ "$mode" = docker ]; then
    folder=$work/docker
    mkdir "$folder"
fi

# One file per block, 012.sh or 034.powershell by its line, with what the comment before it says as first line.
mkdir "$work/blocks"
awk -v out="$work/blocks" '
    /^```(sh|powershell)$/ { file = sprintf("%s/%04d.%s", out, NR, substr($0, 4)); print "# " note > file; inside = 1; next }
    /^```$/ { if (inside) close(file); inside = 0; next }
    inside { print > file; next }
    { note = ($0 ~ /^<!-- (not checked|needs docker)/) ? $0 : "" }
' "$root/README.md"

run_block() {
    case $1 in
        *.sh) (cd "$folder" && bash -euo pipefail "$1" </dev/null) ;;
        *.powershell)
            cp "$1" "$work/block.ps1"
            sed -i '1i $ErrorActionPreference = "Stop"' "$work/block.ps1"
            (cd "$folder" && "$root/tools/pwsh.sh" -NoProfile -NonInteractive -File "$work/block.ps1" </dev/null) ;;
    esac
}

passed=0 failed=0 skipped=0
for block in "$work"/blocks/*; do
    line=$(basename "$block"); line=$((10#${line%%.*}))
    note=$(head -n 1 "$block")
    case $note in
        *"not checked"*)
            [ "$mode" = docker ] && continue
            echo "SKIPPED: README.md, line $line: ${note#*not checked: }"
            skipped=$((skipped + 1))
            continue ;;
        *"needs docker: build"*) continue ;;
        *"needs docker"*) [ "$mode" = docker ] || continue ;;
        *) [ "$mode" = docker ] && continue ;;
    esac
    echo "--- README.md, line $line"
    tail -n +2 "$block"
    if run_block "$block"; then
        passed=$((passed + 1))
    else
        echo "FAILED: README.md, line $line"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
