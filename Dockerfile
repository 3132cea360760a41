# The SDK image carries PowerShell as well; the final image takes only that and the module from it.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/runtime:10.0

FROM ${SDK_IMAGE} AS build
WORKDIR /src
COPY . .
RUN dotnet build src/Snapshotter.PowerShell -c Release

FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="Snapshotter" \
      org.opencontainers.image.description="Saves the volumes of containers into one tar and brings them back exactly" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /usr/share/powershell /usr/share/powershell
COPY --from=build /src/out/module/Snapshotter /usr/local/share/powershell/Modules/Snapshotter
COPY image/*.ps1 /usr/local/lib/snapshotter/
COPY image/snapshotter /usr/local/bin/snapshotter
RUN ln -s /usr/share/powershell/pwsh /usr/bin/pwsh

# What PowerShell and .NET would write outside /tmp, so that --read-only --tmpfs /tmp works; no diagnostics port.
ENV POWERSHELL_TELEMETRY_OPTOUT=1 \
    POWERSHELL_UPDATECHECK=Off \
    DOTNET_EnableDiagnostics=0 \
    PSModuleAnalysisCachePath=/dev/null \
    XDG_CACHE_HOME=/tmp/.cache \
    XDG_CONFIG_HOME=/tmp/.config \
    XDG_DATA_HOME=/tmp/.local/share \
    LANG=C.UTF-8

# Owners, devices and the owner-only files of others are saved and restored: that takes root.
USER root
WORKDIR /
ENTRYPOINT ["snapshotter"]
