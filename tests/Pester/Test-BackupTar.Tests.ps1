BeforeAll { Import-Module "$PSScriptRoot/TestVolumes.psm1" -Force }

Describe Test-BackupTar {
    BeforeEach {
        $folder = New-TestVolume
        $null = Backup-Volume volume1, volume2.txt backup.tar
    }
    AfterEach { Remove-TestVolume $folder }

    It 'passes a whole archive' {
        Test-BackupTar backup.tar -Quiet | Should -BeTrue
        (Test-BackupTar backup.tar).Passed | Should -Be $true, $true
    }

    It 'finds a flipped bit' {
        $bytes = [IO.File]::ReadAllBytes("$PWD/backup.tar")
        $at = [Text.Encoding]::Latin1.GetString($bytes).IndexOf('deep')
        $bytes[$at] = $bytes[$at] -bxor 1
        [IO.File]::WriteAllBytes("$PWD/backup.tar", $bytes)
        Test-BackupTar backup.tar -Quiet | Should -BeFalse
        (Test-BackupTar backup.tar | Where-Object Passed -EQ $false).Errors.Kind | Should -Be ChecksumMismatch
    }
}
