# Saves and restores with the module in $env:MODULE, and shows it, in the new folder $env:PLACE. It is run as text, not as a
# file, which would need a signature where the execution policy wants one; nor does it use cmdlets of modules that may.
$ErrorActionPreference = 'Stop'
Import-Module $env:MODULE
if ([IO.Directory]::Exists($env:PLACE)) { [IO.Directory]::Delete($env:PLACE, $true) }
$null = [IO.Directory]::CreateDirectory("$env:PLACE\volume")
[IO.File]::WriteAllText("$env:PLACE\volume\file.txt", 'content')
$null = Initialize-BackupTar "$env:PLACE\backup.tar"
$null = Backup-Volume "$env:PLACE\volume" "$env:PLACE\backup.tar"
[IO.File]::WriteAllText("$env:PLACE\volume\file.txt", 'spoilt')
$null = Restore-Volume "$env:PLACE\backup.tar" -Prefix volumes -Confirm:$false
if ([IO.File]::ReadAllText("$env:PLACE\volume\file.txt") -ne 'content') { throw 'The content did not come back.' }
# The engine that is compiled for Windows, wherever the module was built.
if (-not ([AppDomain]::CurrentDomain.GetAssemblies().Location -like '*\win-x64\Snapshotter.Engine.dll')) { throw 'Not the compiled engine.' }
Get-BackupTar "$env:PLACE\backup.tar" | Out-Host
