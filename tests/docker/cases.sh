# Sourced by run.sh: a function for each test, which runs in an empty folder of its own with "set -e".

# ---- helpers ----

box() { # DOCKER-RUN-OPTIONS... -- COMMAND...: runs a command in a container that is no snapshotter
    local options=()
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    docker run --network=none --label "$label" --entrypoint "$2" "${options[@]}" "$image" "${@:3}"
}

# A container that waits and ends at once when it is told to stop.
waiting=(sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done')

volume() { # NAME: a fresh named volume, whose real name is printed
    docker volume create --label "$label" "snapshotter-test-$$-$1"
}

container() { # NAME: the real name of a test's container
    echo "snapshotter-test-$$-$1"
}

snapshotter() { # DOCKER-RUN-OPTIONS... -- COMMAND: runs the image on ./backup.tar and ./config.yml; output goes to ./out
    local options=()
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    docker run --rm --network=none --label "$label" -v "$PWD/backup.tar:/backup.tar" -v "$PWD/config.yml:/config.yml:ro" \
        "${options[@]}" "$image" "$@" >out 2>err || { local code=$?; cat out err; return $code; }
    cat out err
}

host() { # SCRIPT-TEXT: runs PowerShell on this machine, with the module
    "$pwsh" -NoProfile -NonInteractive -Command "Import-Module '$module'; $1"
}

expect() { # CODE COMMAND...
    local code=0
    "${@:2}" || code=$?
    [ "$code" -eq "$1" ] || { echo "expected exit code $1, got $code: ${*:2}"; return 1; }
}

equal() { # WANTED FOUND
    [ "$1" = "$2" ] || { printf 'expected: %s\nfound:    %s\n' "$1" "$2"; return 1; }
}

says() { # FILE TEXT
    grep -qF -- "$2" "$1" || { echo "'$2' is not in $1"; return 1; }
}

empty_archive() { head -c 1024 /dev/zero >backup.tar; }

config() { # PREFIX PATH...
    { printf 'prefix: "%s"\nvolumes:\n' "$1"; printf '  - %s\n' "${@:2}"; } >config.yml
}

sum() { sha256sum "$1" | cut -d' ' -f1; }

# The example that has been in the documentation from the start: a directory, a file, a directory.
example() { # CONTAINER
    mkdir -p volume1 volume3
    echo one >volume1/file.txt
    echo two >volume2.txt
    echo three >volume3/file.txt
    box -d --name "$1" -v "$PWD/volume1:/home/volume1" -v "$PWD/volume2.txt:/home/volume2.txt" -v "$PWD/volume3:/home/volume3" \
        -- "${waiting[@]}" >/dev/null
    config "volumes/$1" /home/volume1 /home/volume2.txt /home/volume3
    empty_archive
}

spoil_example() {
    echo spoilt >volume1/file.txt
    echo stale >volume1/new.txt
    echo spoilt >volume2.txt
    rm volume3/file.txt
}

check_example() {
    equal one "$(cat volume1/file.txt)"
    [ ! -e volume1/new.txt ] || { echo "a file from after the backup is still there"; return 1; }
    equal two "$(cat volume2.txt)"
    equal three "$(cat volume3/file.txt)"
}

# Starts a backup of 1 GiB that is long enough to be interrupted, and waits until it is well under way.
long_backup() { # COMMAND...: started in the background as $job
    "$@" >out 2>err &
    job=$!
    local tries
    for tries in $(seq 3000); do
        [ "$(stat -c %s backup.tar)" -gt $((32 << 20)) ] && return
        kill -0 "$job" 2>/dev/null || break
        sleep 0.01
    done
    cat out err
    echo "the backup did not get under way, or was too quick"
    return 1
}

big_volume() { # FOLDER
    mkdir "$1"
    head -c 1G /dev/zero | tr '\0' x >"$1/big"
}

# ---- the image: commands and exit codes ----

test_help_is_shown() {
    expect 0 docker run --rm --network=none "$image" --help >out
    says out restore
    says out 130
}

test_wrong_commands_are_usage_errors() {
    touch backup.tar config.yml
    expect 2 snapshotter -- bogus
    says err "unknown command: bogus"
    expect 2 snapshotter -- Backup
    expect 2 snapshotter -- backup now
    expect 2 snapshotter --
    says err "no command given"
    equal "" "$(cat out)"
}

test_missing_config_is_a_configuration_error() {
    empty_archive
    before=$(sum backup.tar)
    code=0
    docker run --rm --network=none -v "$PWD/backup.tar:/backup.tar" "$image" backup >out 2>err || code=$?
    equal 2 $code
    says err /config.yml
    mkdir config.yml
    expect 2 snapshotter -- backup
    equal "$before" "$(sum backup.tar)"
}

test_wrong_config_is_a_configuration_error() {
    empty_archive
    printf 'prefix: x\nvolumes:\n  - relative/path\n' >config.yml
    expect 2 snapshotter -- backup
    expect 2 snapshotter -- restore
    says err "config.yml"
}

test_init_then_backup_then_list_then_test() {
    mkdir data
    echo hello >data/file
    config volumes/web /data
    touch backup.tar
    expect 1 snapshotter -v "$PWD/data:/data" -- backup
    equal 0 "$(stat -c %s backup.tar)"
    expect 0 snapshotter -- init
    equal 1024 "$(stat -c %s backup.tar)"
    expect 0 snapshotter -v "$PWD/data:/data" -- backup
    says out "Z saved volumes/web /data: 2 entries, 6 B"
    says out "Z backup: 1 volume saved, 2 entries, 6 B"
    expect 1 snapshotter -- init
    expect 0 snapshotter -- list
    says out "Z volumes/web #1 of 2"
    says out " /data: 2 entries, 6 B"
    expect 0 snapshotter -- test
    says out whole
    equal "" "$(cat err)"
}

# A line of the log begins with a time.
all_timed() { # FILE...
    local line
    line=$(cat "$@" | grep -vE '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z [^ ]' | head -n 1 || true)
    equal "" "$line"
}

test_parameters_of_the_cmdlet_follow_the_command() {
    mkdir -p data/conf
    echo first >data/conf/file
    echo first >data/other
    config volumes/web /data
    empty_archive
    data=(-v "$PWD/data:/data")
    expect 0 snapshotter "${data[@]}" -- backup -Wait 60
    echo second >data/conf/file
    echo second >data/other
    expect 0 snapshotter "${data[@]}" -- backup -Exclude other,none
    expect 0 snapshotter "${data[@]}" -- restore -Generation 1 -Include 'conf/**' -WhatIf
    says out 'What if: '
    all_timed out
    equal second "$(cat data/conf/file)"
    expect 0 snapshotter "${data[@]}" -- restore -Generation 1 -Include 'conf/**'
    says out 'restore: 1 volume restored, 1 entry, '
    equal "first second" "$(cat data/conf/file data/other | tr '\n' ' ' | sed 's/ $//')"
    expect 0 snapshotter -- list -Entry
    says out ' conf/file'
    all_timed out
    before=$(sum backup.tar)
    expect 0 snapshotter -- prune -KeepLast 1 -WhatIf
    says out 'would remove volumes/web #1 '
    all_timed out
    equal "$before" "$(sum backup.tar)"
    expect 0 snapshotter "${data[@]}" -- restore -Destination /data/elsewhere
    [ -f data/elsewhere/data/conf/file ]
    expect 0 snapshotter -- test -Quiet
    equal "" "$(cat out)"
    expect 0 snapshotter -- restore --help
    says out '-Generation'
}

test_another_place_for_the_archive() {
    mkdir data backups
    echo hello >data/file
    config volumes/web /data
    places=(--rm --network=none --label "$label" -v "$PWD/backups:/backups" -v "$PWD/data:/data" -v "$PWD/config.yml:/etc/our.yml:ro" "$image")
    for command in init 'backup -Config /etc/our.yml' list test 'restore -Config /etc/our.yml' 'prune -KeepLast 1'; do
        expect 0 docker run "${places[@]}" $command -Archive /backups/web.tar
    done
    tar -tf backups/web.tar >/dev/null
}

test_wrong_parameters_are_usage_errors() {
    mkdir data
    config volumes/web /data
    empty_archive
    before=$(sum backup.tar)
    for wrong in 'backup -NoSuch' 'backup -Wait' 'backup -Wait never' 'backup -Checksum Crc' 'restore -Generation 1,2' 'restore --generation 1' \
        'list -E ntry' 'prune -KeepLast -1' 'restore -AsOf someday' 'backup -Path /data -Config /config.yml'; do
        expect 2 snapshotter -v "$PWD/data:/data" -- $wrong
        all_timed err
        equal "" "$(cat out)"
    done
    equal "$before" "$(sum backup.tar)"
}

test_results_as_json() {
    mkdir data
    echo hello >data/file
    config volumes/web /data
    empty_archive
    expect 0 snapshotter -- list --json
    equal '[]' "$(tr -d ' \n' <out)"
    expect 0 snapshotter -- list
    says out 'list: the archive holds no backup'
    expect 0 snapshotter -- init -Force --json
    equal "/backup.tar 1024" "$(python3 -c 'import json; r, = json.load(open("out")); print(r["Archive"], r["Bytes"])')"
    expect 0 snapshotter -v "$PWD/data:/data" -- backup -Json
    equal "volumes/web 1 2" "$(python3 -c 'import json; r, = json.load(open("out")); print(r["Prefix"], r["Generation"], r["Entries"])')"
    for command in list test; do
        expect 0 snapshotter -- $command --json
        equal /data "$(python3 -c 'import json; r, = json.load(open("out")); print(r["Target"])')"
    done
    rm backup.tar
    mkdir backup.tar
    expect 1 snapshotter -v "$PWD/data:/data" -- backup --json
    equal '[]' "$(tr -d ' \n' <out)"
    all_timed err
}

test_no_summary_after_an_error_and_words_of_the_image() {
    mkdir data
    config volumes/web /data
    touch backup.tar
    expect 1 snapshotter -v "$PWD/data:/data" -- backup
    says err init
    if grep -qE 'Initialize-|Get-Backup|Optimize-' err; then cat err; return 1; fi
    all_timed err
    equal "" "$(cat out)"
    head -c 2000 /dev/urandom >backup.tar
    expect 1 snapshotter -- test
    all_timed out err
    if grep -q 'test: ' out; then cat out; return 1; fi
}

test_what_is_not_mounted_is_refused() {
    config volumes/web /data /etc
    mkdir data
    echo hello >data/file
    code=0
    docker run --rm --network=none -v "$PWD/config.yml:/config.yml:ro" "$image" backup >out 2>err || code=$?
    equal 2 $code
    says err '/backup.tar'
    for command in init list test prune; do expect 2 docker run --rm --network=none "$image" $command; done
    empty_archive
    expect 0 snapshotter -v "$PWD/data:/data" -- backup
    # Without --volumes-from: neither volume, and then only one of them.
    expect 2 snapshotter -- restore
    says err /data
    expect 2 snapshotter -v "$PWD/data:/data" -- restore
    says err /etc
    equal hello "$(cat data/file)"
    expect 2 snapshotter -v "$PWD/data:/data" -- restore -WhatIf
    expect 2 snapshotter -v "$PWD/data:/data" -- restore -Prefix volumes/web
    expect 0 snapshotter -v "$PWD/data:/data" -- restore -Volume /data
    expect 0 snapshotter -- restore -Destination /elsewhere
    expect 2 snapshotter -- restore -Archive /elsewhere/none.tar
}

test_a_tmp_that_cannot_be_written_is_told() {
    empty_archive
    config volumes/web /data
    expect 2 snapshotter --read-only -- list
    says err '--tmpfs /tmp'
    all_timed err
    expect 2 snapshotter --read-only -e TMPDIR=/nowhere -- list
    says err /nowhere
    expect 0 snapshotter --read-only --tmpfs /tmp -- list
}

test_prune_keeps_what_the_configuration_says() {
    mkdir data
    config volumes/web /data
    empty_archive
    for content in 1 2 3; do
        echo $content >data/file
        expect 0 snapshotter -v "$PWD/data:/data" -- backup
    done
    expect 2 snapshotter -- prune
    printf 'keep:\n  last: 2\n' >>config.yml
    expect 0 snapshotter -- prune
    says out "removed volumes/web #1 "
    says out "kept volumes/web #3 "
    says out "prune: 1 generation removed,"
    expect 0 snapshotter -- list
    equal 2 "$(grep -c ' volumes/web #' out)"
    echo 4 >data/file
    expect 0 snapshotter -v "$PWD/data:/data" -- restore
    equal 3 "$(cat data/file)"
}

test_a_directory_in_place_of_the_archive_is_explained() {
    mkdir backup.tar data
    config volumes/web /data
    expect 1 snapshotter -v "$PWD/data:/data" -- backup
    says err directory
    expect 1 snapshotter -- list
    equal "" "$(ls backup.tar)"
}

test_a_missing_volume_changes_nothing() {
    mkdir data
    empty_archive
    before=$(sum backup.tar)
    config volumes/web /data /nowhere
    expect 1 snapshotter -v "$PWD/data:/data" -- backup
    says err /nowhere
    equal "$before" "$(sum backup.tar)"
}

test_unreadable_files_make_it_incomplete() {
    mkdir data
    echo open >data/open
    echo secret >data/secret
    chmod 000 data/secret
    chown 12345 data/secret
    config volumes/web /data
    empty_archive
    expect 3 snapshotter --cap-drop=ALL -v "$PWD/data:/data" -- backup
    says err /data/secret
    says out INCOMPLETE
    expect 0 snapshotter -- list
    says out INCOMPLETE
    rm data/open
    expect 3 snapshotter -v "$PWD/data:/data" -- restore
    equal open "$(cat data/open)"
}

test_what_an_archive_of_the_original_does_not_say_is_not_made_up() {
    mkdir data
    id=$(printf /data | sha256sum | cut -d ' ' -f 1)
    mkdir -p tar/p/$id
    echo hello >tar/p/$id/file
    printf -- '- id: %s\n  type: dir\n  target: /data\n' $id >tar/p/volumes-data.yml
    tar -C tar -cf backup.tar p/$id p/volumes-data.yml
    config p /data
    expect 0 snapshotter -- list
    says out " /data: number of entries unknown, size unknown"
    expect 0 snapshotter -- test
    says out " /data: no checksums to compare, readable throughout"
    expect 0 snapshotter -v "$PWD/data:/data" -- restore
    equal hello "$(cat data/file)"
}

test_damage_is_found() {
    mkdir data
    head -c 100000 /dev/urandom >data/file
    config volumes/web /data
    empty_archive
    expect 0 snapshotter -v "$PWD/data:/data" -- backup
    cp -r data before
    offset=$(($(stat -c %s backup.tar) / 2))
    printf X | dd of=backup.tar bs=1 seek=$offset conv=notrunc status=none
    expect 1 snapshotter -- test
    says out DAMAGED
    expect 1 snapshotter -v "$PWD/data:/data" -- restore
    diff -r before data
}

test_a_read_only_root_and_few_capabilities_are_enough() {
    mkdir data
    echo hello >data/file
    mknod data/null c 1 3
    chown 999:998 data data/*
    chmod 0600 data/file
    chmod 2700 data
    before=$(stat -c '%n %a %u:%g %F' data data/*)
    config volumes/web /data
    empty_archive
    # As in examples/docker-compose.yml and examples/kubernetes.
    confined=(--read-only --tmpfs /tmp --cap-drop=ALL --security-opt no-new-privileges -v "$PWD/data:/data")
    expect 0 snapshotter "${confined[@]}" --cap-add=DAC_OVERRIDE -- backup
    rm data/*
    chown 0:0 data
    expect 0 snapshotter "${confined[@]}" --cap-add={CHOWN,DAC_OVERRIDE,FOWNER,FSETID,MKNOD,SETFCAP} -- restore
    equal "$before" "$(stat -c '%n %a %u:%g %F' data data/*)"
    equal hello "$(cat data/file)"
}

test_an_archive_mounted_read_only_can_be_restored_from_but_not_written() {
    mkdir data
    echo hello >data/file
    config volumes/web /data
    empty_archive
    expect 0 snapshotter -v "$PWD/data:/data" -- backup
    rm data/file
    docker run --rm --network=none -v "$PWD/backup.tar:/backup.tar:ro" -v "$PWD/config.yml:/config.yml:ro" -v "$PWD/data:/data" \
        "$image" restore
    equal hello "$(cat data/file)"
    code=0
    docker run --rm --network=none -v "$PWD/backup.tar:/backup.tar:ro" -v "$PWD/config.yml:/config.yml:ro" -v "$PWD/data:/data" \
        "$image" backup 2>err || code=$?
    equal 1 $code
}

# ---- the image: volumes ----

test_example_with_volumes_from_a_running_container() {
    name=$(container lewin)
    example "$name"
    expect 0 snapshotter --volumes-from "$name" -- backup
    equal 3 "$(grep -c 'Z saved ' out)"
    spoil_example
    expect 0 snapshotter --volumes-from "$name" -- restore
    equal 3 "$(grep -c 'Z restored ' out)"
    check_example
    # The container sees it too: bind-mounted files were written where they are, not replaced.
    equal two "$(docker exec "$name" cat /home/volume2.txt)"
    equal one "$(docker exec "$name" cat /home/volume1/file.txt)"
}

test_volumes_of_a_stopped_container() {
    name=$(container stopped)
    example "$name"
    docker kill "$name" >/dev/null
    expect 0 snapshotter --volumes-from "$name" -- backup
    spoil_example
    expect 0 snapshotter --volumes-from "$name" -- restore
    check_example
    equal exited "$(docker inspect -f '{{.State.Status}}' "$name")"
}

test_named_volumes_into_fresh_ones() {
    old=$(volume old) new=$(volume new)
    box --rm -v "$old:/data" -- sh -c '
        mkdir -p /data/sub && echo hello >/data/sub/file && ln -s sub/file /data/link && ln /data/sub/file /data/hard
        mkfifo /data/fifo && mknod /data/null c 1 3 && chmod 4755 /data/sub/file && chown 33:44 /data/sub
        touch -d "2001-02-03 04:05:06" /data/sub'
    config volumes/db /data
    empty_archive
    expect 0 snapshotter -v "$old:/data" -- backup
    expect 0 snapshotter -v "$new:/data" -- restore
    look='cd /data && stat -c "%n %F %a %u:%g %Y %h" . sub link hard fifo null sub/file && cat link'
    equal "$(box --rm -v "$old:/data" -- sh -c "$look")" "$(box --rm -v "$new:/data" -- sh -c "$look")"
}

test_owner_and_mode_of_a_volumes_root() {
    old=$(volume old-root) new=$(volume new-root)
    box --rm -v "$old:/data" -- sh -c 'echo x >/data/PG_VERSION && chown 999:998 /data && chmod 0700 /data'
    config volumes/postgres /data
    empty_archive
    expect 0 snapshotter -v "$old:/data" -- backup
    expect 0 snapshotter -v "$new:/data" -- restore
    equal "999:998 700" "$(box --rm -v "$new:/data" -- stat -c '%u:%g %a' /data)"
}

test_two_containers_into_one_archive() {
    for name in alpha beta; do
        mkdir "$name"
        echo "of $name" >"$name/file"
    done
    empty_archive
    for name in alpha beta; do
        config "volumes/$name" /data
        expect 0 snapshotter -v "$PWD/$name:/data" -- backup
    done
    expect 0 snapshotter -- list
    says out "volumes/alpha #1 "
    says out "volumes/beta #2 "
    rm alpha/file beta/file
    for name in alpha beta; do
        config "volumes/$name" /data
        expect 0 snapshotter -v "$PWD/$name:/data" -- restore
        equal "of $name" "$(cat "$name/file")"
    done
    tar -tf backup.tar >/dev/null
}

test_a_second_backup_does_not_bring_deleted_files_back() {
    mkdir data
    echo 1 >data/first
    config volumes/web /data
    empty_archive
    expect 0 snapshotter -v "$PWD/data:/data" -- backup
    rm data/first
    echo 2 >data/second
    expect 0 snapshotter -v "$PWD/data:/data" -- backup
    rm data/second
    expect 0 snapshotter -v "$PWD/data:/data" -- restore
    equal second "$(ls data)"
}

test_read_only_mounts_are_saved_but_not_restored() {
    mkdir data
    echo hello >data/file
    config volumes/web /data
    empty_archive
    expect 0 snapshotter -v "$PWD/data:/data:ro" -- backup
    expect 1 snapshotter -v "$PWD/data:/data:ro" -- restore
    equal hello "$(cat data/file)"
}

# ---- the image: signals ----

interrupt_backup() { # SIGNAL-COMMAND...
    big_volume data
    config volumes/web /data
    empty_archive
    before=$(sum backup.tar)
    name=$(container "interrupted-$1")
    long_backup docker run --rm --name "$name" --network=none --label "$label" -v "$PWD/backup.tar:/backup.tar" \
        -v "$PWD/config.yml:/config.yml:ro" -v "$PWD/data:/data" "$image" backup
    docker "$@" "$name" >/dev/null
    code=0
    wait "$job" || code=$?
    cat out err
    equal 130 $code
    says err interrupted
    equal "$before" "$(sum backup.tar)"
    rm -rf data
}

test_a_signal_in_the_first_second_rolls_back_as_well() {
    big_volume data
    config volumes/web /data
    empty_archive
    before=$(sum backup.tar)
    for delay in 0 0.1 0.2 0.3 0.5 0.7 0.9; do
        name=$(container "early-$delay")
        docker run -d --name "$name" --network=none --label "$label" -v "$PWD/backup.tar:/backup.tar" \
            -v "$PWD/config.yml:/config.yml:ro" -v "$PWD/data:/data" "$image" backup >/dev/null
        sleep $delay
        docker stop -t 100 "$name" >/dev/null
        docker logs "$name" >out 2>err
        equal "130 after $delay s" "$(docker inspect -f '{{.State.ExitCode}}' "$name") after $delay s"
        says err interrupted
        all_timed err
        equal "$before" "$(sum backup.tar)"
    done
    rm -rf data
}

test_docker_stop_rolls_a_backup_back() { interrupt_backup stop -t 60; }

test_ctrl_c_rolls_a_backup_back() { interrupt_backup kill -s INT; }

test_kill_9_leaves_a_readable_archive() {
    mkdir small
    echo kept >small/file
    config volumes/small /data
    empty_archive
    expect 0 snapshotter -v "$PWD/small:/data" -- backup
    big_volume data
    config volumes/big /data
    name=$(container killed)
    long_backup docker run --rm --name "$name" --network=none --label "$label" -v "$PWD/backup.tar:/backup.tar" \
        -v "$PWD/config.yml:/config.yml:ro" -v "$PWD/data:/data" "$image" backup
    docker kill -s KILL "$name" >/dev/null
    wait "$job" || true
    expect 0 snapshotter -- list
    equal 1 "$(grep -c ' volumes/[a-z]* #' out)"
    rm -r data small/file
    config volumes/small /data
    expect 0 snapshotter -v "$PWD/small:/data" -- restore
    equal kept "$(cat small/file)"
}

# ---- Get-ContainerVolume and holding containers, on the host ----

test_a_containers_mounts_pipe_into_backup_and_restore() {
    name=$(container piped)
    named=$(volume piped)
    mkdir volume1
    echo one >volume1/file.txt
    echo two >volume2.txt
    box -d --name "$name" --tmpfs /scratch --mount type=tmpfs,target=/scratch2 -v /proc:/host/proc:ro \
        -v "$PWD/volume1:/home/volume1" -v "$PWD/volume2.txt:/home/volume2.txt:ro" -v "$named:/data" -- "${waiting[@]}" >/dev/null
    docker exec "$name" sh -c 'echo three >/data/file'
    host "
        \$null = Initialize-BackupTar -Path backup.tar
        Get-ContainerVolume $name | Backup-Volume -Archive backup.tar | ForEach-Object Target" >out
    equal "/data /home/volume1 /home/volume2.txt" "$(tr '\n' ' ' <out | sed 's/ $//')"
    docker exec "$name" rm /data/file
    rm volume1/file.txt
    # The read-only mount is refused, whole: name the others.
    expect 1 host "Get-ContainerVolume $name | Restore-Volume -Archive backup.tar -Confirm:\$false"
    host "Get-ContainerVolume $name | Restore-Volume -Archive backup.tar -Volume /data, /home/volume1 -Confirm:\$false" >/dev/null
    equal one "$(cat volume1/file.txt)"
    equal three "$(docker exec "$name" cat /data/file)"
}

test_a_containers_configuration_written_for_the_image() {
    name=$(container exported)
    example "$name"
    host "[IO.File]::WriteAllText('$PWD/config.yml', (Get-ContainerVolume $name).ToYaml())"
    expect 0 snapshotter --volumes-from "$name" -- backup
    equal 3 "$(grep -c 'Z saved ' out)"
    spoil_example
    expect 0 snapshotter --volumes-from "$name" -- restore
    check_example
}

test_containers_are_found_by_label_and_wildcard() {
    mkdir data
    box -d --name "$(container one)" -l snapshotter.enable=true -l 'snapshotter.exclude=*.tmp,cache/' -v "$PWD/data:/data" -- true >/dev/null
    box -d --name "$(container two)" -v "$PWD/data:/data" -- true >/dev/null
    equal "$(container one): *.tmp cache/" "$(host "Get-ContainerVolume -Label snapshotter.enable=true, $label |
        ForEach-Object { \"\$(\$_.ContainerName): \$(\$_.Exclude)\" }")"
    equal 2 "$(host "[Console]::WriteLine(@(Get-ContainerVolume 'snapshotter-test-$$-???' -Label $label).Count)")"
}

test_errors_about_containers_have_stable_ids() {
    equal ContainerNotFound "$(host 'try { Get-ContainerVolume no-such-container -ErrorAction Stop } catch { $_.FullyQualifiedErrorId.Split(",")[0] }')"
    equal DockerUnavailable "$(host 'try { Get-ContainerVolume x -DockerHost unix:///no/such.sock } catch { $_.FullyQualifiedErrorId.Split(",")[0] }')"
    equal ConnectionError "$(DOCKER_HOST=tcp://127.0.0.1:1 host 'try { Get-ContainerVolume } catch { $_.CategoryInfo.Category.ToString() }')"
}

test_mounts_that_show_the_host_are_left_out_and_shared_volumes_named_once() {
    web=$(container shared-web) worker=$(container shared-worker)
    mkdir data
    named=$(volume shared)
    root=$(docker info -f '{{.DockerRootDir}}')
    box -d --name "$web" -v /:/rootfs:ro -v /run:/host/run -v "$root:/engine:ro" -v /etc/localtime:/etc/localtime:ro \
        -v "$PWD/data:/data" -v "$PWD/data:/again:ro" -v "$named:/named" -- true >/dev/null
    box -d --name "$worker" -v "$named:/work" -v "$PWD/data:/data" -- true >/dev/null
    equal "$web: /data /named; $worker: ;" "$(host "Get-ContainerVolume $web, $worker |
        ForEach-Object { \"\$(\$_.ContainerName): \$(\$_.Volumes.Target);\" }" | tr '\n' ' ' | sed 's/ $//')"
    equal "$worker: /data /work;" "$(host "Get-ContainerVolume $worker | ForEach-Object { \"\$(\$_.ContainerName): \$(\$_.Volumes.Target);\" }")"
}

test_a_missing_socket_is_told() {
    host 'try { Get-ContainerVolume x -DockerHost unix:///no/such.sock } catch { "$_ $($_.ErrorDetails.RecommendedAction)" }' >out
    says out "'/no/such.sock'"
    says out DockerHost
}

test_container_names_complete() {
    box -d --name "$(container tabbed)" -- true >/dev/null
    equal "$(container tabbed)" "$(host "(TabExpansion2 'Get-ContainerVolume $(container tabb)').CompletionMatches.CompletionText")"
}

started() { docker inspect -f '{{.State.StartedAt}}' "$1"; }

running() { docker inspect -f '{{.State.Running}}' "$1"; }

test_running_containers_are_stopped_and_started_again() {
    web=$(container hold-web) db=$(container hold-db) resting=$(container hold-resting)
    mkdir data
    for name in "$web" "$db"; do box -d --name "$name" -v "$PWD/data:/data" -- "${waiting[@]}" >/dev/null; done
    box -d --name "$resting" -- true >/dev/null
    docker wait "$resting" >/dev/null
    before="$(started "$web") $(started "$db")" rested=$(started "$resting")
    since=$(date +%s.%N)
    host "\$null = Initialize-BackupTar -Path backup.tar
        \$null = Get-ContainerVolume $web | Backup-Volume -Archive backup.tar -StopContainer $web, $resting, $db"
    equal "true true false" "$(running "$web") $(running "$db") $(running "$resting")"
    equal "$rested" "$(started "$resting")"
    [ "$before" != "$(started "$web") $(started "$db")" ]
    equal "die $web,die $db,start $db,start $web," "$(docker events --since "$since" --until "$(date +%s.%N)" \
        --filter event=die --filter event=start --filter "label=$label" --format '{{.Action}} {{.Actor.Attributes.name}}' | tr '\n' ,)"
}

test_containers_are_started_again_after_a_failure() {
    web=$(container failing)
    mkdir data
    box -d --name "$web" -v "$PWD/data:/data" -- "${waiting[@]}" >/dev/null
    before=$(started "$web")
    expect 1 host "Get-ContainerVolume $web | Backup-Volume -Archive missing.tar -StopContainer $web"
    equal true "$(running "$web")"
    expect 1 host "Backup-Volume -Path data -Archive missing.tar -StopContainer $web, no-such-container"
    equal true "$(running "$web")"
    [ "$before" != "$(started "$web")" ]
    before=$(started "$web")
    empty_archive
    expect 0 host "Backup-Volume -Path data -Archive backup.tar -StopContainer $web -WhatIf"
    equal "$before" "$(started "$web")"
}

test_containers_are_started_again_after_sigterm() {
    web=$(container terminated)
    big_volume data
    box -d --name "$web" -- "${waiting[@]}" >/dev/null
    empty_archive
    before=$(sum backup.tar)
    long_backup "$pwsh" -NoProfile -Command "Import-Module '$module'; Backup-Volume -Path data -Archive backup.tar -StopContainer $web; [Console]::WriteLine('not reached')"
    equal false "$(running "$web")"
    kill -TERM "$job"
    code=0
    wait "$job" || code=$?
    equal 143 $code
    equal true "$(running "$web")"
    equal "$before" "$(sum backup.tar)"
    equal "" "$(cat out)"
    rm -rf data
}

events_since() { # TIME EVENT...: what happened to this run's containers
    local filters=() event
    for event in "${@:2}"; do filters+=(--filter "event=$event"); done
    docker events --since "$1" --until "$(date +%s.%N)" "${filters[@]}" --filter "label=$label" \
        --format '{{.Action}} {{.Actor.Attributes.name}}' | tr '\n' ,
}

test_containers_are_held_while_their_volumes_are_restored() {
    web=$(container restored-web) db=$(container restored-db)
    mkdir data
    echo saved >data/file
    box -d --name "$web" -v "$PWD/data:/data" -- "${waiting[@]}" >/dev/null
    box -d --name "$db" -- "${waiting[@]}" >/dev/null
    empty_archive
    host "\$null = Get-ContainerVolume $web | Backup-Volume -Archive backup.tar"
    echo spoilt >data/file
    since=$(date +%s.%N)
    host "Get-ContainerVolume $web | Restore-Volume backup.tar -StopContainer $web -PauseContainer $db \
        -DockerHost '${DOCKER_HOST:-unix:///var/run/docker.sock}' -Wait 5 -Verbose" >out
    equal saved "$(cat data/file)"
    equal "die $web,pause $db,unpause $db,start $web," "$(events_since "$since" die start pause unpause)"
    # Held before the first volume is touched.
    equal "held restoring" "$(sed -nE "s/.*VERBOSE: .*$web, $db.*/held/p; s/.*VERBOSE: Restoring .*/restoring/p" out | tr '\n' ' ' | sed 's/ $//')"
}

test_containers_run_again_when_a_restore_fails() {
    web=$(container unrestored)
    mkdir data
    echo saved >data/file
    box -d --name "$web" -v "$PWD/data:/data" -- "${waiting[@]}" >/dev/null
    empty_archive
    host "\$null = Get-ContainerVolume $web | Backup-Volume -Archive backup.tar"
    echo spoilt >data/file
    before=$(started "$web")
    # Nothing is stopped where nothing can be done, nor by a question.
    expect 1 host "Get-ContainerVolume $web | Restore-Volume backup.tar -StopContainer $web, no-such-container"
    expect 1 host "Get-ContainerVolume $web | Restore-Volume backup.tar -PauseContainer no-such-container -WhatIf"
    expect 1 host "Get-ContainerVolume $web | Restore-Volume missing.tar -StopContainer $web"
    expect 0 host "Get-ContainerVolume $web | Restore-Volume backup.tar -StopContainer $web -WhatIf"
    equal "$before spoilt" "$(started "$web") $(cat data/file)"
    # The damage is found when the container is stopped already.
    python3 -c "import sys; a = open('backup.tar', 'rb').read(); open('backup.tar', 'wb').write(a.replace(b'saved\\n', b'raved\\n', 1))"
    expect 1 host "Get-ContainerVolume $web | Restore-Volume backup.tar -StopContainer $web"
    equal "true spoilt" "$(running "$web") $(cat data/file)"
    [ "$before" != "$(started "$web")" ]
}

test_containers_run_again_after_sigterm_in_a_restore() {
    web=$(container interrupted)
    big_volume data
    box -d --name "$web" -- "${waiting[@]}" >/dev/null
    empty_archive
    host "\$null = Backup-Volume -Path data -Archive backup.tar"
    echo spoilt >data/big
    "$pwsh" -NoProfile -Command "Import-Module '$module'
        Restore-Volume backup.tar -Prefix volumes -StopContainer $web -Confirm:\$false; [Console]::WriteLine('not reached')" >out 2>err &
    job=$!
    for tries in $(seq 3000); do
        [ -e data/.snapshotter-*/new/big ] && break
        kill -0 "$job" || break
        sleep 0.01
    done
    equal false "$(running "$web")"
    kill -TERM "$job"
    code=0
    wait "$job" || code=$?
    cat out err
    equal "143 true" "$code $(running "$web")"
    equal "spoilt big " "$(cat data/big) $(ls -A data | tr '\n' ' ')"
    equal "" "$(cat out)"
    rm -rf data
}

test_paused_containers_go_on() {
    web=$(container paused)
    mkdir data
    box -d --name "$web" -- "${waiting[@]}" >/dev/null
    before=$(started "$web")
    since=$(date +%s.%N)
    empty_archive
    host "\$null = Backup-Volume -Path data -Archive backup.tar -PauseContainer $web"
    equal "pause,unpause," "$(docker events --since "$since" --until "$(date +%s.%N)" \
        --filter event=pause --filter event=unpause --filter "container=$web" --format '{{.Action}}' | tr '\n' ,)"
    equal "$before running" "$(started "$web") $(docker inspect -f '{{.State.Status}}' "$web")"
}

test_commands_of_the_readme() {
    # The names that the README uses are this test's only in an engine that was started for it.
    [ -n "${engine:-}" ] || { echo "not run: the engine is not this script's own"; return; }
    mkdir -p busybox/bin
    cp "$(command -v busybox)" busybox/bin/
    ln -s busybox busybox/bin/sleep
    tar -c -C busybox . | docker import - busybox >/dev/null
    docker tag "$image" snapshotter
    code=0
    "$root/tests/readme/run.sh" docker || code=$?
    docker rm -f busy_lewin >/dev/null
    docker rmi -f busybox snapshotter >/dev/null
    equal 0 $code
}

# ---- examples ----

test_examples_of_the_pages_about_containers() {
    # The names that the pages use are this test's only in an engine that was started for it.
    [ -n "${engine:-}" ] || { echo "not run: the engine is not this script's own"; return; }
    for name in busy_lewin db web; do
        mkdir "$name"
        box -d --name "$name" -l snapshotter.enable=true -v "$PWD/$name:/data" -- "${waiting[@]}" >/dev/null
    done
    empty_archive
    awk '/^```powershell$/ { print "& {"; inside = 1; next } /^```$/ && inside { print "}"; inside = 0 } inside' \
        "$root/docs/containers.md" "$root/docs/cmdlets/Get-ContainerVolume.md" | grep -v /run/user/ >pages.ps1
    [ "$(grep -c Get-ContainerVolume pages.ps1)" -ge 7 ]
    code=0
    host "\$ErrorActionPreference = 'Stop'; . ./pages.ps1" || code=$?
    docker rm -f busy_lewin db web >/dev/null
    equal 0 $code
    says config.yml 'prefix: '
}

test_the_crontab_script_reads_the_exit_code() {
    local code expected
    mkdir bin
    for code in 0 1 2 3 130 137; do
        printf '#!/bin/sh\necho "asked: $*"\nexit %s\n' $code >bin/docker
        chmod +x bin/docker
        PATH=$PWD/bin:$PATH expect $code "$root/examples/cron/snapshotter-nightly" web >"said-$code"
    done
    equal "" "$(cat said-0)"
    says said-3 "web was saved, but"
    for code in 1 2 130 137; do says said-$code "web was NOT saved"; done
    says said-1 "--volumes-from web"
}

test_the_systemd_units_are_valid() {
    command -v systemd-analyze >/dev/null || { echo "not run: systemd-analyze is not installed: apt-get install systemd"; return; }
    equal "" "$(systemd-analyze verify "$root"/examples/systemd/snapshotter.{service,timer} 2>&1 | grep -F /examples/ || true)"
}

# ---- Podman ----

test_the_image_under_podman() {
    command -v podman >/dev/null || { echo "not run: podman is not installed: apt-get install podman"; return; }
    # In a storage of its own. The runtime that Docker uses, and low limits: not every machine can give Podman's own.
    local state
    state=$(mktemp -d /tmp/podman-XXXXXX)
    podman() { command podman --root "$PWD/store" --runroot "$state" --tmpdir "$state/tmp" --cgroup-manager cgroupfs \
        --events-backend file --runtime "$(command -v runc)" "$@"; }
    run() { podman run --rm --network=none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 "$@"; }
    docker save "$image" | podman load -q >/dev/null
    name=$(podman images --format '{{.Repository}}:{{.Tag}}' | head -n 1)
    mkdir volume1
    echo one >volume1/file.txt
    echo two >volume2.txt
    config volumes/podman /home/volume1 /home/volume2.txt
    touch backup.tar
    podman create --name keeper --network=none -v "$PWD/volume1:/home/volume1" -v "$PWD/volume2.txt:/home/volume2.txt" "$name" >/dev/null
    mounts=(-v "$PWD/backup.tar:/backup.tar" -v "$PWD/config.yml:/config.yml:ro" --volumes-from keeper)
    code=0
    run "${mounts[@]}" "$name" init && run "${mounts[@]}" --read-only "$name" backup -Wait 60 || code=$?
    rm volume1/file.txt
    echo spoilt >volume2.txt
    run "${mounts[@]}" "$name" restore || code=$?
    run -v "$PWD/backup.tar:/backup.tar" -v "$PWD/config.yml:/config.yml:ro" "$name" restore 2>err && code=1 || equal 2 $? || code=1
    podman rm -f keeper >/dev/null
    podman rmi -f "$name" >/dev/null
    rm -rf "$state"
    equal 0 $code
    equal "one two" "$(cat volume1/file.txt volume2.txt | tr '\n' ' ' | sed 's/ $//')"
}
