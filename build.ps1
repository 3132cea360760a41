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
    ./build.ps1 Package
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Clean', 'Build', 'Help', 'Test', 'Package', 'Image', 'Benchmark')]
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
        if ([IO.Directory]::Exists("$root/out")) { [IO.Directory]::Delete("$root/out", $true) }
    }
    Build     = { Invoke-Tool dotnet build "$root/Snapshotter.sln" --configuration $Configuration }
    Help      = {
        if (-not (Get-Module Snapshotter)) { Import-Module $module }
        & "$root/build/New-ModuleHelp.ps1"
    }
    Test      = { Invoke-Tool dotnet test "$root/Snapshotter.sln" --configuration $Configuration }
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
