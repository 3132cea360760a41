<#
.SYNOPSIS
    Saves three volumes into a tar, loses them, and brings them back.
.DESCRIPTION
    Runs in PowerShell 7.6 or later and in snapshotter-shell alike: it uses the module, the language and .NET only.
    Exits with 1 when the volumes are not what they were.
.PARAMETER Folder
    Where to work; a new temporary folder by default. It is left behind, to look around in.
.EXAMPLE
    snapshotter-shell -File examples/quickstart.ps1
.EXAMPLE
    pwsh examples/quickstart.ps1 -Folder ./try
#>
[CmdletBinding()]
param([string] $Folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), "snapshotter-$([guid]::NewGuid().ToString('N').Substring(0, 8))"))

$ErrorActionPreference = 'Stop'
if (-not (Get-Module Snapshotter)) {
    $built = [IO.Path]::GetFullPath("$PSScriptRoot/../out/module/Snapshotter")
    Import-Module ([IO.Directory]::Exists($built) ? $built : 'Snapshotter')
}

$Folder = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Folder)
$volumes = "$Folder/volume1", "$Folder/volume2.txt", "$Folder/volume3"
$contents = [ordered]@{
    'volume1/file.txt' = "content of volume 1`n"
    'volume2.txt'      = "content of volume 2`n"
    'volume3/file.txt' = "content of volume 3`n"
}

'1. Three volumes: two folders and a file, and a configuration that names them.'
foreach ($name in $contents.Keys) {
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName("$Folder/$name"))
    [IO.File]::WriteAllText("$Folder/$name", $contents[$name])
}

[IO.File]::WriteAllText("$Folder/config.yml", "prefix: volumes/quickstart`nvolumes:`n" + -join $volumes.ForEach({ "  - '$($_.Replace("'", "''"))'`n" }))

'2. An empty archive, and a backup into it.'
$archive = Initialize-BackupTar "$Folder/backup.tar" -Force
Backup-Volume -Config "$Folder/config.yml" -Archive $archive.FullName | Out-Host

'3. An accident: one file overwritten, one volume gone, a stray file left.'
[IO.File]::WriteAllText("$Folder/volume1/file.txt", 'spoilt')
[IO.File]::WriteAllText("$Folder/volume1/stray.txt", 'was not here before')
[IO.File]::Delete("$Folder/volume3/file.txt")
[IO.File]::WriteAllText("$Folder/volume2.txt", '')

'4. The archive is whole, and this is in it.'
if (-not (Test-BackupTar $archive.FullName -Quiet)) { throw 'The archive is damaged.' }
Get-BackupTar $archive.FullName | Out-Host

'5. The volumes come back.'
Restore-Volume $archive.FullName -Config "$Folder/config.yml" | Out-Host

$wrong = @($contents.Keys.Where({ -not [IO.File]::Exists("$Folder/$_") -or [IO.File]::ReadAllText("$Folder/$_") -cne $contents[$_] }))
if ([IO.File]::Exists("$Folder/volume1/stray.txt")) { $wrong += 'volume1/stray.txt' }
if ($wrong) {
    "Not as they were: $($wrong -join ', ')"
    exit 1
}

"All as it was. Look around in $Folder"
