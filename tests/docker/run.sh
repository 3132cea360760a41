#!/usr/bin/env bash
# Tests the image and the container cmdlets against a real Docker engine.
#
#   tests/docker/run.sh [NAME...]      all tests, or those whose name contains one of the words
#
# IMAGE=name tests this image instead of building one from stand-in base images.
#
# Where no engine can be started all tests are skipped, and the last line says so.
set -uo pipefail
export PATH=$PATH:/usr/sbin:/sbin

root=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/snapshotter-docker-XXXXXX")
label=snapshotter-test=$$
image=${IMAGE:-snapshotter-test-$$}
pwsh=$root/tools/pwsh.sh
module=$root/out/module/Snapshotter
. "$root/tests/docker/engine.sh"
. "$root/tests/docker/cases.sh"

cleanup() {
    cd /
    if docker info >/dev/null 2>&1; then
        docker ps -aq --filter "label=$label" | xargs -r docker rm -fv >/dev/null 2>&1
        docker volume ls -q --filter "label=$label" | xargs -r docker volume rm -f >/dev/null 2>&1
        [ -n "${IMAGE:-}" ] || docker rmi -f "$image" "$image-sdk" "$image-runtime" >/dev/null 2>&1
    fi
    stop_engine
    rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

wanted() { # NAME
    [ ${#words[@]} -eq 0 ] && return
    local word
    for word in "${words[@]}"; do [[ $1 == *$word* ]] && return; done
    return 1
}

skip_all() { # REASON
    echo "SKIPPED: no test against a Docker engine has run: $1" >&2
    echo "0 passed, 0 failed, ${#tests[@]} skipped"
    exit 0
}

words=("$@")
mapfile -t tests < <(sed -nE 's/^(test_[a-z0-9_]+)\(\).*/\1/p' "$root/tests/docker/cases.sh")
command -v docker >/dev/null || skip_all "docker is not installed: apt-get install docker.io"
command -v busybox >/dev/null || skip_all "busybox is not installed: apt-get install busybox-static"
start_engine >"$tmp/why" 2>&1 || skip_all "$(cat "$tmp/why")"

[ -d "$module" ] || dotnet build "$root/src/Snapshotter.PowerShell" -c Release -v q -nologo || exit 1
if [ -z "${IMAGE:-}" ]; then
    echo "Building the image from stand-ins for its base images"
    make_base_images \
        && DOCKER_BUILDKIT=0 docker build --network=none -q --build-arg "SDK_IMAGE=$image-sdk" \
            --build-arg "RUNTIME_IMAGE=$image-runtime" -t "$image" "$root" >"$tmp/build.log" 2>&1 \
        || { cat "$tmp/build.log"; echo "The image cannot be built."; echo "0 passed, 1 failed, ${#tests[@]} skipped"; exit 1; }
fi

passed=0 failed=0 skipped=0
for name in "${tests[@]}"; do
    wanted "$name" || { skipped=$((skipped + 1)); continue; }
    mkdir "$tmp/$name"
    began=$SECONDS
    # Not as a condition: bash would ignore "set -e" in it.
    (set -e; cd "$tmp/$name"; "$name") >"$tmp/$name.log" 2>&1
    if [ $? -eq 0 ]; then
        passed=$((passed + 1))
        echo "passed  ${name#test_} ($((SECONDS - began)) s)"
    else
        failed=$((failed + 1))
        echo "FAILED  ${name#test_} ($((SECONDS - began)) s)"
        sed 's/^/        /' "$tmp/$name.log"
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
