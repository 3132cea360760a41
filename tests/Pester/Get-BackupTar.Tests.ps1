BeforeAll { Import-Module "$PSScriptRoot/TestVolumes.psm1" -Force }

Describe Get-BackupTar {
    BeforeEach {
        $folder = New-TestVolume
        $null = Backup-Volume volume1, volume2.txt backup.tar -Prefix 'a b'
        $null = Backup-Volume volume2.txt backup.tar
    }
    AfterEach { Remove-TestVolume $folder }

    It 'shows a row per volume per generation' {
        Get-BackupTar backup.tar | Should -HaveCount 3
        Get-ChildItem *.tar | Get-BackupTar -Newest -Prefix 'a*' | Should -HaveCount 2
    }

    It 'shows a table' {
        $text = Get-BackupTar backup.tar | Out-String -Width 200
        $text | Should -Match 'Complete +Generation +Created +Size +Prefix +Target'
        $text | Should -Match '\b7 B\b'
    }

    It 'lists entries' {
        (Get-BackupTar backup.tar -Generation 1 -Entry | Where-Object Path -EQ sub/.hidden).Size | Should -Be 4
    }

    It 'completes prefixes' {
        $line = 'Get-BackupTar backup.tar -Prefix '
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be "'a b'", 'volumes'
    }

    It 'says when the archive is <problem>' -ForEach @(
        @{ problem = 'missing'; id = 'ArchiveNotFound'; make = { } }
        @{ problem = 'a folder'; id = 'ArchiveNotFound'; make = { New-Item -ItemType Directory bad.tar } }
        @{ problem = 'empty'; id = 'ArchiveEmpty'; make = { New-Item bad.tar } }
        @{ problem = 'a text'; id = 'ArchiveInvalid'; make = { Set-Content bad.tar ('text ' * 500) } }
    ) {
        $null = & $make
        { Get-BackupTar bad.tar -ErrorAction Stop } | Should -Throw -ErrorId "$id,*"
    }
}
