BeforeAll { Import-Module "$PSScriptRoot/TestVolumes.psm1" -Force }

Describe Restore-Volume {
    BeforeEach {
        $folder = New-TestVolume
        $null = Backup-Volume -Config config.yml -Archive backup.tar
        Set-Content volume1/file.txt changed
        Set-Content volume1/stray.txt new
        Remove-Item volume2.txt
    }
    AfterEach { Remove-TestVolume $folder }

    It 'brings everything back' {
        (Restore-Volume backup.tar config.yml).Count | Should -Be 2
        Get-Content volume1/file.txt | Should -Be one
        Get-Content volume1/sub/.hidden | Should -Be deep
        Get-Content volume2.txt | Should -Be two
        'volume1/stray.txt' | Should -Not -Exist
    }

    It 'takes rows of Get-BackupTar' {
        Get-BackupTar backup.tar -Newest | Where-Object Type -EQ File | Restore-Volume -Confirm:$false
        Get-Content volume2.txt | Should -Be two
        Get-Content volume1/file.txt | Should -Be changed
    }

    It 'restores elsewhere without asking' {
        Restore-Volume backup.tar -Prefix volumes/test -Destination elsewhere | Should -HaveCount 2
        Get-ChildItem elsewhere -Recurse -File -Force | Should -HaveCount 3
        'volume2.txt' | Should -Not -Exist
    }

    It 'changes nothing with -WhatIf' {
        Restore-Volume backup.tar -Prefix volumes/test -WhatIf | Should -BeNullOrEmpty
        'volume2.txt' | Should -Not -Exist
        Get-Content volume1/file.txt | Should -Be changed
    }

    It 'fails for what is not there' {
        { Restore-Volume backup.tar -Prefix nothing -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'GenerationNotFound,*'
        { Restore-Volume missing.tar config.yml -ErrorAction Stop } | Should -Throw -ErrorId 'ArchiveNotFound,*'
    }
}
