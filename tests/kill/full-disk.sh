#!/usr/bin/env bash
# Real full disks and real read-only mounts, for backup and for restore: an error of the right id, and nothing changed.
# Needs root, to mount; the built module (out/module, or the one that SNAPSHOTTER_MODULE names), GNU tar and e2fsprogs.
set -uo pipefail
export PATH=$PATH:/usr/sbin:/sbin
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd) || exit 1
module=${SNAPSHOTTER_MODULE:-$root/out/module/Snapshotter}
checks=10
if [ "$(id -u)" -ne 0 ]; then
    echo "SKIPPED: full and read-only file systems: only root can mount them"
    echo "0 passed, 0 failed, $checks skipped"
    exit 0
fi

work=$(mktemp -d)
mounts=()
cleanup() {
    local i
    for ((i = ${#mounts[@]} - 1; i >= 0; i--)); do umount "${mounts[i]}"; done
    rm -rf "$work"
}
trap cleanup EXIT

passed=0 failed=0 skipped=0
fail() { echo "FAILED: $1"; failed=$((failed + 1)); }

# attempt COMMAND: runs a cmdlet and prints the id of its error, or "none".
attempt() {
    "$root/tools/pwsh.sh" -NoProfile -NonInteractive -Command "Import-Module '$module'; \$ErrorActionPreference = 'Stop'; try { \$null = $1; 'none' } catch { \$_.FullyQualifiedErrorId.Split(',')[0] }" </dev/null
}

# All that is seen of a tree. An archive is byte for byte what it was, but it has been written to.
tree() { (cd "$1" && find . ! -name backup.tar -printf '%p %y %m %U:%G %T@ %s %l\n' | sort && find . -type f -print0 | sort -z | xargs -0r sha256sum); }

# expect NAME ID COMMAND PATH...: the command fails with the id, and leaves the paths as they are.
expect() {
    local name=$1 id=$2 command=$3 got before after
    shift 3
    before=$(for path; do tree "$path"; done)
    got=$(attempt "$command")
    after=$(for path; do tree "$path"; done)
    if [ "$got" != "$id" ]; then fail "$name: the error is '$got', not '$id'"
    elif [ "$before" != "$after" ]; then fail "$name: $id, but something was changed: $(diff <(echo "$before") <(echo "$after") | head -n 5)"
    else echo "$name: $id, nothing changed"; passed=$((passed + 1)); fi
}

# place NAME OPTIONS: an empty tmpfs.
place() {
    mkdir "$work/$1"
    mount -t tmpfs -o "$2" tmpfs "$work/$1" || exit 1
    mounts+=("$work/$1")
}

# readable ARCHIVE: GNU tar lists it without a word.
readable() { tar -tf "$1" >/dev/null 2>"$work/error" && [ ! -s "$work/error" ]; }

make_files() { mkdir -p "$1" && for ((i = 0; i < $2; i++)); do head -c "$3" /dev/urandom >"$1/file$i"; done; }

# What is saved: a small folder, one that is larger than the disks below, one of many files, a file.
make_files "$work/small" 10 20000
make_files "$work/large" 4 6000000
make_files "$work/many" 300 100
head -c 6000000 /dev/urandom >"$work/file"
attempt "Initialize-BackupTar '$work/full.tar'" >/dev/null
result=$(attempt "'$work/large', '$work/many', '$work/file' | Backup-Volume -Archive '$work/full.tar'")
[ "$result" = none ] || { echo "FAILED: the archive to restore from could not be made: $result"; echo "0 passed, $checks failed, 0 skipped"; exit 1; }

# new_archive FOLDER: an archive with one small generation.
new_archive() { attempt "Initialize-BackupTar '$1/backup.tar'" >/dev/null; attempt "Backup-Volume '$work/small' '$1/backup.tar'" >/dev/null; }

place tmpfs size=8m
new_archive "$work/tmpfs"
expect "backup to a full tmpfs" InsufficientSpace "Backup-Volume '$work/large' '$work/tmpfs/backup.tar'" "$work/tmpfs"
readable "$work/tmpfs/backup.tar" || fail "backup to a full tmpfs: GNU tar says $(cat "$work/error")"

truncate -s 16M "$work/ext4.img"
mkdir "$work/ext4"
if mkfs.ext4 -q "$work/ext4.img" 2>"$work/error" && mount -o loop "$work/ext4.img" "$work/ext4" 2>>"$work/error"; then
    mounts+=("$work/ext4")
    rmdir "$work/ext4/lost+found"
    new_archive "$work/ext4"
    expect "backup to a full ext4" InsufficientSpace "Backup-Volume '$work/large' '$work/ext4/backup.tar'" "$work/ext4"
    readable "$work/ext4/backup.tar" || fail "backup to a full ext4: GNU tar says $(cat "$work/error")"
else
    echo "SKIPPED: backup to a full ext4: $(cat "$work/error")"
    skipped=$((skipped + 1))
fi

# to PATH: the configuration that restores the volume to another place.
to() { echo "-Config @{ Prefix = 'volumes'; Volumes = @{ Target = '$work/$1'; Source = '$2' } }"; }

place narrow size=28m
make_files "$work/narrow/volume" 3 2000000
expect "restore that has no room to be staged" InsufficientSpace "Restore-Volume '$work/full.tar' $(to large "$work/narrow/volume")" "$work/narrow"
result=$(attempt "Restore-Volume '$work/full.tar' $(to large "$work/narrow/volume") -InPlace")
if [ "$result" = none ] && diff -r "$work/large" "$work/narrow/volume"; then
    echo "restore in place where there is no room to stage: as it was saved"; passed=$((passed + 1))
else fail "restore in place: $result"; fi

place tight size=20m
make_files "$work/tight/volume" 3 2000000
expect "restore in place that has no room even then" InsufficientSpace "Restore-Volume '$work/full.tar' $(to large "$work/tight/volume") -InPlace" "$work/tight"

# Room enough by the numbers, but the files run out in the middle.
place inodes size=8m,nr_inodes=400
make_files "$work/inodes/volume" 150 50
expect "restore that runs out of inodes" InsufficientSpace "Restore-Volume '$work/full.tar' $(to many "$work/inodes/volume")" "$work/inodes"

place bind size=8m
head -c 4000000 /dev/urandom >"$work/bind/source"
touch "$work/bind/target"
mount --bind "$work/bind/source" "$work/bind/target" || exit 1
mounts+=("$work/bind/target")
head -c 3500000 /dev/urandom >"$work/bind/other"
expect "restore of a bind-mounted file that has no room to grow" InsufficientSpace "Restore-Volume '$work/full.tar' $(to file "$work/bind/target")" "$work/bind"

place readonly size=16m
new_archive "$work/readonly"
make_files "$work/readonly/volume" 3 1000
head -c 1000 /dev/urandom >"$work/readonly/file"
mount -o remount,ro "$work/readonly"
expect "backup to a read-only file system" ArchiveNotWritable "Backup-Volume '$work/small' '$work/readonly/backup.tar'" "$work/readonly"
expect "restore of a folder to a read-only file system" VolumeNotWritable "Restore-Volume '$work/full.tar' $(to many "$work/readonly/volume")" "$work/readonly"
expect "restore of a file to a read-only file system" VolumeNotWritable "Restore-Volume '$work/full.tar' $(to file "$work/readonly/file")" "$work/readonly"

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
