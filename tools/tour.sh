#!/usr/bin/env bash
# Writes docs/tour.md anew: sessions with the built program, with what the screen shows. Build first.
# The container's part needs a Docker engine that can be started, as tests/docker does; without one that part of the
# page is left as it is.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
page=$root/docs/tour.md
work=/tmp/tour
export LC_ALL=C.UTF-8 TZ=UTC
rm -rf "$work"
mkdir "$work"
trap 'rm -rf "$work"' EXIT

# What a program prints, as it goes into the page; an engine without a network says so each time.
plain() { sed -E -e '/^WARNING: IPv4 forwarding is disabled/d' -e 's/\x1b\[[0-9;]*m//g' -e 's/[[:space:]]+$//'; }

# bash_session: runs the commands on standard input, a line each.
bash_session() {
    local line
    echo '```console'
    while IFS= read -r line; do
        echo "\$ $line"
        (cd "$work" && eval "$line" </dev/null) 2>&1 | plain || true
    done
    echo '```'
}

# powershell_session: runs the commands on standard input, a line each, in one PowerShell.
powershell_session() {
    cat >"$work/.lines"
    cat >"$work/.session.ps1" <<'END'
foreach ($line in [IO.File]::ReadAllLines("$PSScriptRoot/.lines")) {
    [Console]::Out.WriteLine("PS> $line")
    try { & ([scriptblock]::Create($line)) | Out-Default }
    catch { $_ | Out-Default }
}
END
    echo '```console'
    (cd "$work" && pwsh -NoProfile -File .session.ps1 </dev/null) 2>&1 | plain | cat -s
    echo '```'
    rm "$work/.lines" "$work/.session.ps1"
}

host_part() {
    cat <<'END'
# A tour

Sessions with the real program; `tools/tour.sh` writes this page. Times and identifiers differ from run to run.

## Three volumes into a tar

A folder, a file, another folder. Paths of one pipeline are one generation.

END
    bash_session <<'END'
mkdir volume1 volume3
echo 'content of volume 1' > volume1/file.txt; ln -s file.txt volume1/link; ln volume1/file.txt volume1/same
echo 'content of volume 2' > volume2.txt; chmod 640 volume2.txt
echo 'content of volume 3' > volume3/file.txt; truncate -s 100M volume3/sparse
END
    echo
    powershell_session <<'END'
Initialize-BackupTar ./backup.tar
'./volume1', './volume2.txt', './volume3' | Backup-Volume -Archive ./backup.tar
Get-BackupTar ./backup.tar
Get-BackupTar ./backup.tar -Entry
Test-BackupTar ./backup.tar
END
    cat <<'END'

The hole of 100 MiB takes no room, and any tar reads the archive:

END
    bash_session <<'END'
ls -l backup.tar
tar -tvf backup.tar
tar -xOf backup.tar volumes/volumes-data.yml | grep -v '^#  '
mkdir plain && tar -xf backup.tar -C plain && cd plain/volumes && xxhsum -c XXH128SUMS
END
    cat <<'END'

## An accident, and back

END
    bash_session <<'END'
echo spoilt > volume1/file.txt; rm volume3/file.txt; echo stray > volume3/stray.txt; chmod 777 volume3
END
    echo
    powershell_session <<'END'
Restore-Volume ./backup.tar -Prefix volumes -WhatIf
Restore-Volume ./backup.tar -Prefix volumes -Confirm:$false
END
    echo
    bash_session <<'END'
cat volume1/file.txt volume2.txt volume3/file.txt
ls -la volume3
du -k volume3/sparse
END
    cat <<'END'

## Generations

Every backup adds one. A restore takes the newest, or the one you ask for; `Optimize-BackupTar` removes old ones.

END
    powershell_session <<'END'
[IO.File]::WriteAllText('/tmp/tour/volume2.txt', "second version`n")
$null = './volume1', './volume2.txt', './volume3' | Backup-Volume -Archive ./backup.tar
Get-BackupTar ./backup.tar -Newest
Restore-Volume ./backup.tar -Prefix volumes -Generation 1 -Volume '*/volume2.txt' -Destination ./elsewhere
[IO.File]::ReadAllText('/tmp/tour/elsewhere/tmp/tour/volume2.txt')
Optimize-BackupTar ./backup.tar -KeepLast 1 -WhatIf
Optimize-BackupTar ./backup.tar -KeepLast 1 -Confirm:$false
END
    cat <<'END'

## When something is wrong

END
    bash_session <<'END'
: > empty.tar; mkdir folder.tar; gzip -c backup.tar > packed.tar.gz; head -c 3000 backup.tar > cut.tar
printf 'volumes:\n  - volume1\n' > config.yml
cp backup.tar damaged.tar && printf X | dd of=damaged.tar bs=1 seek=2600 conv=notrunc status=none
END
    echo
    powershell_session <<'END'
Backup-Volume ./volume1 ./missing.tar
Backup-Volume ./volume1 ./empty.tar
Backup-Volume ./volume1 ./folder.tar
Backup-Volume ./volume1 ./packed.tar.gz
Backup-Volume ./volume1 ./cut.tar
Backup-Volume ./nothing ./backup.tar
Backup-Volume -Config ./config.yml -Archive ./backup.tar
Initialize-BackupTar ./backup.tar
Restore-Volume ./backup.tar -Prefix volumes/other -Confirm:$false
Restore-Volume ./damaged.tar -Prefix volumes -Confirm:$false
Test-BackupTar ./damaged.tar | ForEach-Object Errors | ForEach-Object Message
END
    cat <<'END'

A backup that was killed leaves the old archive whole; the next one says what it found:

END
    bash_session <<'END'
head -c 300M /dev/urandom > large
pwsh -NoProfile -Command 'Backup-Volume ./large ./backup.tar' & while kill -0 $! && [ $(stat -c %s backup.tar) -lt 100000000 ]; do sleep 0.01; done; kill -9 $!; wait 2>/dev/null
ls -l backup.tar; tar -tf backup.tar
pwsh -NoProfile -Command 'Backup-Volume ./volume1 ./backup.tar'
pwsh -NoProfile -Command 'Test-BackupTar ./backup.tar'
END
}

# In an engine of its own, with the image made from stand-ins for its base images, as tests/docker does it.
container_part() {
    cat <<'END'

## In containers

A container with three mounts, as in the README; the image saves and restores them.

END
    bash_session <<'END'
rm -rf * && mkdir volume1 volume3 && echo 'content of volume 1' > volume1/file.txt && echo 'content of volume 2' > volume2.txt && echo 'content of volume 3' > volume3/file.txt
docker run -d --name busy_lewin -v "$PWD/volume1:/home/volume1" -v "$PWD/volume2.txt:/home/volume2.txt" -v "$PWD/volume3:/home/volume3" busybox sleep 3600
printf 'prefix: volumes/busy_lewin\nvolumes:\n  - /home/volume1\n  - /home/volume2.txt\n  - /home/volume3\n' > config.yml; touch backup.tar
docker run --rm -v "$PWD/backup.tar:/backup.tar" snapshotter init
docker run --rm --volumes-from busy_lewin -v "$PWD/config.yml:/config.yml:ro" -v "$PWD/backup.tar:/backup.tar" snapshotter backup
docker run --rm -v "$PWD/backup.tar:/backup.tar:ro" snapshotter list
echo spoilt > volume2.txt; rm volume3/file.txt
docker run --rm --volumes-from busy_lewin -v "$PWD/config.yml:/config.yml:ro" -v "$PWD/backup.tar:/backup.tar:ro" snapshotter restore
cat volume2.txt volume3/file.txt
END
    cat <<'END'

Without a configuration file, from the host:

END
    powershell_session <<'END'
Get-ContainerVolume busy_lewin
Get-ContainerVolume busy_lewin | Backup-Volume -Archive ./backup.tar -PauseContainer busy_lewin
END
    cat <<'END'

What goes wrong most often, and the exit codes:

END
    bash_session <<'END'
docker run --rm snapshotter backup; echo "exit code $?"
docker run --rm -v "$PWD/missing.tar:/backup.tar" -v "$PWD/config.yml:/config.yml:ro" --volumes-from busy_lewin snapshotter backup; echo "exit code $?"
docker run --rm -v "$PWD/backup.tar:/backup.tar" -v "$PWD/config.yml:/config.yml:ro" snapshotter backup; echo "exit code $?"
END
}

make_images() {
    make_base_images
    DOCKER_BUILDKIT=0 docker build --network=none -q --build-arg "SDK_IMAGE=$image-sdk" --build-arg "RUNTIME_IMAGE=$image-runtime" \
        -t "$image" "$root"
    mkdir -p "$tmp/busybox/bin"
    cp "$(command -v busybox)" "$tmp/busybox/bin/"
    ln -s busybox "$tmp/busybox/bin/sleep"
    tar -c -C "$tmp/busybox" . | docker import - busybox
}

# The PowerShell of the tool manifest, which finds the built module and no other.
bin=$(mktemp -d)
ln -s "$root/tools/pwsh.sh" "$bin/pwsh"
export PATH=$bin:$PATH PSModulePath=$root/out/module XDG_DATA_HOME=$bin NO_COLOR=1
host_part >"$work.md"

tmp=$(mktemp -d) image=snapshotter
trap 'stop_engine; rm -rf "$work" "$work.md" "$tmp" "$bin"' EXIT
. "$root/tests/docker/engine.sh"
unset DOCKER_HOST
if start_engine && [ -n "${engine:-}" ]; then
    make_images >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
    container_part >>"$work.md"
    docker rm -f busy_lewin >/dev/null
elif [ -f "$page" ]; then
    echo "No engine of its own can be started: the part about containers stays as it is."
    { echo; sed -n '/^## In containers/,$p' "$page"; } >>"$work.md"
fi

sed "s#$root#/src/snapshotter#g" "$work.md" >"$page"
