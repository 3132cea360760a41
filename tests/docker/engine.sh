# Sourced by run.sh: a Docker engine to test against, and stand-ins for the published base images, made from this
# machine's own files, for where nothing can be pulled. They prove the Dockerfile and the entrypoint, not those images.

# Uses the engine that DOCKER_HOST or the default socket reaches; else starts one of its own in $tmp.
start_engine() {
    docker info >/dev/null 2>&1 && return
    command -v dockerd >/dev/null || { echo "dockerd is not installed: apt-get install docker.io"; return 1; }
    export DOCKER_HOST=unix://$tmp/docker.sock
    dockerd -H "$DOCKER_HOST" --data-root "$tmp/docker" --exec-root "$tmp/exec" --pidfile "$tmp/dockerd.pid" \
        --storage-driver=overlay2 --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --bridge=none \
        --exec-opt native.cgroupdriver=cgroupfs >"$tmp/dockerd.log" 2>&1 &
    engine=$!
    for _ in $(seq 100); do
        docker info >/dev/null 2>&1 && return
        kill -0 "$engine" 2>/dev/null || break
        sleep 0.1
    done
    echo "dockerd does not start: $(tail -n 3 "$tmp/dockerd.log")"
    return 1
}

stop_engine() {
    [ -n "${engine:-}" ] || return 0
    kill "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
}

# The shared libraries that .NET needs, as far as this machine has them, and a shell.
lay_base() { # FOLDER
    mkdir -p "$1"/{bin,etc,lib64,root,tmp,usr/bin,usr/local,usr/share}
    cp "$(command -v busybox)" "$1/bin/busybox"
    ln -s busybox "$1/bin/sh"
    for applet in cat chmod chown cp date echo id ln ls mkdir mkfifo mknod mv rm rmdir sh sleep stat sync touch true wc; do
        ln -sf /bin/busybox "$1/usr/bin/$applet"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$1/etc/passwd"
    printf 'root:x:0:\n' >"$1/etc/group"
    local library
    ldconfig -p | awk '/x86-64|AArch64/ { print $NF }' \
        | grep -E '/(ld-linux-[^/]*|lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+|ssl|crypto|z|icu(data|i18n|uc)|resolv|nss_files))\.so(\.[0-9]+)*$' \
        | while read -r library; do
            mkdir -p "$1$(dirname "$library")"
            cp -L "$library" "$1$library"
        done
    # The loader has a fixed place of its own.
    cp -L /lib*/ld-linux-*.so.* "$1/lib64/" 2>/dev/null || true
}

# FROM these the Dockerfile is built (without the analyzers, which the build of the solution runs): $image-runtime has the .NET runtime, $image-sdk the SDK, the packages of this
# solution and /usr/share/powershell.
make_base_images() {
    local dotnet base=$tmp/base sdk=$tmp/sdk
    # Not the place of the command, which may be a link or a script.
    dotnet=$(dotnet --list-sdks | sed -nE '1s,.*\[(.*)/sdk\],\1,p')
    local place="flags=rh;s,^${dotnet#/},usr/share/dotnet,"
    lay_base "$base"
    ln -s /usr/share/dotnet/dotnet "$base/usr/bin/dotnet"
    tar -c -C "$base" . -C / --transform "$place" "${dotnet#/}"/{dotnet,host,shared/Microsoft.NETCore.App} \
        | docker import -c 'ENV DOTNET_RUNNING_IN_CONTAINER=true PATH=/usr/local/bin:/usr/bin:/bin' - "$image-runtime" >/dev/null

    cp -a "$base" "$sdk"
    mkdir -p "$sdk/usr/share/powershell" "$sdk/root/.nuget/NuGet" "$sdk/root/.nuget/packages"
    lay_powershell "$sdk/usr/share/powershell"
    printf '<configuration><packageSources><clear /></packageSources></configuration>\n' >"$sdk/root/.nuget/NuGet/NuGet.Config"
    link_packages "$sdk/root/.nuget/packages"
    tar -c -C "$sdk" . -C / --transform "$place" --exclude='*/sdk/*/FSharp' --exclude='*/sdk/*/Containers' \
        "${dotnet#/}"/{dotnet,host,packs,shared/Microsoft.NETCore.App,sdk} \
        | docker import -c 'ENV HOME=/root PATH=/usr/local/bin:/usr/bin:/bin DOTNET_NOLOGO=true DOTNET_CLI_TELEMETRY_OPTOUT=1 RunAnalyzers=false' \
            - "$image-sdk" >/dev/null
}

# PowerShell as in the SDK image: a folder with pwsh in it, here the one of the tool manifest.
lay_powershell() { # FOLDER
    local pwsh
    pwsh=$("$root/tools/pwsh.sh" -NoProfile -Command '$PSHOME') || return 1
    cp -r "$pwsh/." "$1/"
    chmod -R go+rX "$1"
}

# Those that the module's projects were restored with here.
link_packages() { # FOLDER
    local cache=${NUGET_PACKAGES:-$HOME/.nuget/packages} package
    local projects=("$root"/src/Snapshotter.{Engine,Docker,Loader,PowerShell}/obj/project.assets.json)
    {
        grep -ohE '"[A-Za-z0-9.]+/[0-9][^"/]*": \{' "${projects[@]}" | sed -E 's/"(.*)": \{/\1/'
        sed -nE '/"name": /{N;s/.*"name": "([^"]+)",\s*"version": "\[([^,]+),.*/\1\/\2/p}' "${projects[@]}"
    } | tr '[:upper:]' '[:lower:]' | sort -u | while read -r package; do
        [ -d "$cache/$package" ] || continue
        mkdir -p "$1/$(dirname "$package")"
        cp -r "$cache/$package" "$1/$package"
    done
}
