# What all test files need: the built module, and a folder with volumes as the current location.
Import-Module "$PSScriptRoot/../../out/module/Snapshotter" -Global

function New-TestVolume {
    $folder = Join-Path ([IO.Path]::GetTempPath()) "snapshotter-pester-$([guid]::NewGuid().ToString('N').Substring(0, 8))"
    $null = New-Item -ItemType Directory "$folder/volume1/sub", "$folder/volume3" -Force
    Set-Content "$folder/volume1/file.txt" 'one' -NoNewline
    Set-Content "$folder/volume1/sub/.hidden" 'deep' -NoNewline
    Set-Content "$folder/volume2.txt" 'two' -NoNewline
    Set-Content "$folder/config.yml" "prefix: volumes/test`nvolumes:`n  - '$folder/volume1'`n  - '$folder/volume2.txt'`n"
    Push-Location -LiteralPath $folder
    $null = Initialize-BackupTar backup.tar
    Get-Item -LiteralPath $folder
}

function Remove-TestVolume($Folder) {
    Pop-Location
    Remove-Item -LiteralPath $Folder -Recurse -Force
}

Export-ModuleMember -Function New-TestVolume, Remove-TestVolume
