<#
.SYNOPSIS
    Saves three volumes into a tar, spoils them, and brings them back.
.DESCRIPTION
    Runs in PowerShell 7.6 or later. Exits with 1 when the volumes are not what they were.
.PARAMETER Folder
    Where to work; a new temporary folder by default. It is left behind, to look around in.
.EXAMPLE
    dotnet pwsh -NoProfile -File examples/quickstart.ps1
.EXAMPLE
    pwsh examples/quickstart.ps1 -Folder ./try
#>
[CmdletBinding()]
param([string] $Folder = (Join-Path ([IO.Path]::GetTempPath()) "snapshotter-$("$(New-Guid)".Substring(0, 8))"))

$ErrorActionPreference = 'Stop'
$built = "$PSScriptRoot/../out/module/Snapshotter"
Import-Module ((Test-Path -LiteralPath $built) ? $built : 'Snapshotter')

$contents = [ordered]@{
    'volume1/file.txt' = 'content of volume 1'
    'volume2.txt'      = 'content of volume 2'
    'volume3/file.txt' = 'content of volume 3'
}
$null = New-Item -ItemType Directory -Force "$Folder/volume1", "$Folder/volume3"
Push-Location -LiteralPath $Folder
try {
    '1. Three volumes: two folders and a file, and a configuration that names them.'
    foreach ($name in $contents.Keys) { Set-Content -LiteralPath $name $contents[$name] }
    $volumes = Convert-Path -LiteralPath volume1, volume2.txt, volume3
    Set-Content -LiteralPath config.yml 'prefix: volumes/quickstart', 'volumes:', ($volumes -replace "'", "''" -replace '.+', "  - '`$0'")

    '2. An empty archive, and a backup into it.'
    $null = Initialize-BackupTar ./backup.tar -Force
    Backup-Volume -Config ./config.yml -Archive ./backup.tar | Out-Host

    '3. An accident: one file overwritten, one emptied, one deleted, and a stray file left.'
    Set-Content -LiteralPath volume1/file.txt 'spoilt'
    Set-Content -LiteralPath volume1/stray.txt 'was not here before'
    Remove-Item -LiteralPath volume3/file.txt
    Clear-Content -LiteralPath volume2.txt

    '4. The archive is whole, and this is in it.'
    if (-not (Test-BackupTar ./backup.tar -Quiet)) { throw 'The archive is damaged.' }
    Get-BackupTar ./backup.tar | Out-Host

    '5. The volumes come back.'
    Restore-Volume ./backup.tar -Config ./config.yml | Out-Host

    $wrong = @($contents.Keys | Where-Object { -not (Test-Path -LiteralPath $_) -or (Get-Content -LiteralPath $_) -cne $contents[$_] })
    if (Test-Path -LiteralPath volume1/stray.txt) { $wrong += 'volume1/stray.txt' }
    if ($wrong) {
        "Not as they were: $($wrong -join ', ')"
        exit 1
    }

    "All as it was. Look around in $PWD"
}
finally { Pop-Location }
