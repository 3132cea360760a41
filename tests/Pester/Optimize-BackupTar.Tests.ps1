BeforeAll { Import-Module "$PSScriptRoot/TestVolumes.psm1" -Force }

Describe Optimize-BackupTar {
    BeforeEach {
        $folder = New-TestVolume
        1..4 | ForEach-Object { $null = Backup-Volume volume1 backup.tar }
    }
    AfterEach { Remove-TestVolume $folder }

    It 'keeps what the policy says' {
        $null = Optimize-BackupTar backup.tar -KeepLast 2 -Confirm:$false
        (Get-BackupTar backup.tar).Generation | Should -Be 3, 4
        Test-BackupTar backup.tar -Quiet | Should -BeTrue
    }

    It 'removes generations by number, from the pipeline too' {
        Get-BackupTar backup.tar | Where-Object Generation -LE 2 | Optimize-BackupTar -Confirm:$false
        (Get-BackupTar backup.tar).Generation | Should -Be 3, 4
    }

    It 'changes nothing with -WhatIf' {
        $before = Get-FileHash backup.tar
        (Optimize-BackupTar backup.tar -KeepLast 1 -WhatIf | Where-Object Keep).Generation | Should -Be 4
        (Get-FileHash backup.tar).Hash | Should -Be $before.Hash
    }
}
