<#
.SYNOPSIS
    Builds, tests and packs Snapshotter.
.DESCRIPTION
    Plain wrappers over dotnet and docker; whatever they do can be typed instead. Runs in PowerShell 7.6 or
    later: dotnet pwsh, after dotnet tool restore.
.PARAMETER Task
    What to do, in this order. By default Build.
.PARAMETER Configuration
    Release or Debug.
.EXAMPLE
    ./build.ps1 Build, Test
.EXAMPLE
    ./build.ps1 -Task Install
    Builds the module and puts it where Import-Module Snapshotter finds it, for this user.
.EXAMPLE
    ./build.ps1 Package
    Makes out/packages: the module for the PowerShell Gallery, and the engine for nuget.org.
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Clean', 'Build', 'Help', 'Test', 'Install', 'Package', 'Image', 'Benchmark')]
    [string[]] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$module = "$root/out/module/Snapshotter"
$packages = "$root/out/packages"

function Invoke-Tool([string] $Tool, [Parameter(ValueFromRemainingArguments)] [string[]] $Arguments) {
    & $Tool @Arguments | Out-Host
    if ($LASTEXITCODE -ne 0) { throw "'$Tool $Arguments' failed with exit code $LASTEXITCODE." }
}

$tasks = @{
    Clean     = {
        Invoke-Tool dotnet clean "$root/Snapshotter.sln" --configuration $Configuration --verbosity quiet
        if (Test-Path "$root/out") { Remove-Item "$root/out" -Recurse -Force }
    }
    Build     = { Invoke-Tool dotnet build "$root/Snapshotter.sln" --configuration $Configuration }
    Help      = {
        if (-not (Get-Module Snapshotter)) { Import-Module $module }
        & "$root/build/New-ModuleHelp.ps1"
    }
    Test      = { Invoke-Tool dotnet test "$root/Snapshotter.sln" --configuration $Configuration }
    Install   = {
        Invoke-Tool dotnet build "$root/src/Snapshotter.PowerShell" --configuration $Configuration
        $version = (Import-PowerShellDataFile "$module/Snapshotter.psd1").ModuleVersion
        $data = $IsWindows ? [Environment]::GetFolderPath('MyDocuments') : $env:XDG_DATA_HOME ? $env:XDG_DATA_HOME : "$HOME/.local/share"
        $place = Join-Path $data ($IsWindows ? 'PowerShell' : 'powershell') Modules Snapshotter $version
        if (Test-Path -LiteralPath $place) { Remove-Item -LiteralPath $place -Recurse -Force }
        $null = New-Item -ItemType Directory $place -Force
        Copy-Item -Recurse "$module/*" -Destination $place
        "Snapshotter $version is installed in $place; Import-Module Snapshotter finds it."
    }
    Package   = {
        # The module for the PowerShell Gallery, and the engine for nuget.org: dotnet nuget push, or Publish-PSResource
        # with the folder, sends them off.
        Invoke-Tool dotnet build "$root/src/Snapshotter.PowerShell" --configuration $Configuration
        Invoke-Tool dotnet pack "$root/src/Snapshotter.PowerShell" --configuration $Configuration --no-build --output $packages
        Invoke-Tool dotnet pack "$root/src/Snapshotter.Engine" --configuration $Configuration --output $packages
    }
    Image     = { Invoke-Tool docker build --tag snapshotter $root }
    Benchmark = { Invoke-Tool dotnet run --project "$root/bench/Snapshotter.Benchmarks" --configuration Release -- parts --filter '*' }
}

foreach ($name in $Task) {
    & $tasks[$name]
}
