BeforeAll { Import-Module "$PSScriptRoot/TestVolumes.psm1" -Force }

Describe Initialize-BackupTar {
    BeforeEach { $folder = New-TestVolume }
    AfterEach { Remove-TestVolume $folder }

    It 'makes an empty tar' {
        (Initialize-BackupTar new.tar) | Should -BeOfType System.IO.FileInfo
        (Get-Item new.tar).Length | Should -Be 1024
    }

    It 'replaces a file only when forced' {
        Set-Content old.tar precious
        { Initialize-BackupTar old.tar -ErrorAction Stop } | Should -Throw -ErrorId 'ArchiveExists,*'
        Get-Content old.tar | Should -Be precious
        Initialize-BackupTar old.tar -Force
        (Get-Item old.tar).Length | Should -Be 1024
    }

    It 'changes nothing with -WhatIf' {
        Initialize-BackupTar new.tar -WhatIf
        'new.tar' | Should -Not -Exist
    }
}
