BeforeAll { Import-Module "$PSScriptRoot/TestVolumes.psm1" -Force }

Describe Backup-Volume {
    BeforeEach { $folder = New-TestVolume }
    AfterEach { Remove-TestVolume $folder }

    It 'takes what Get-ChildItem and Get-Item find' {
        (Get-ChildItem volume* | Backup-Volume -Archive backup.tar).Count | Should -Be 3
        (Get-Item volume1 | Backup-Volume -Archive backup.tar).Target | Should -Be (Get-Item volume1).FullName
    }

    It 'takes a configuration as <form>' -ForEach @(
        @{ form = 'a path'; make = { 'config.yml' } }
        @{ form = 'a file'; make = { Get-Item config.yml } }
        @{ form = 'a hashtable'; make = { @{ prefix = 'volumes/test'; volumes = "$PWD/volume1", "$PWD/volume2.txt" } } }
        @{ form = 'JSON'; make = { @{ Prefix = 'volumes/test'; Volumes = "$PWD/volume1", "$PWD/volume2.txt" } | ConvertTo-Json | ConvertFrom-Json } }
        @{ form = 'CSV-like objects'; make = { [pscustomobject]@{ Prefix = 'volumes/test'; Volumes = @(@{ Target = "$PWD/volume1" }, @{ Target = "$PWD/volume2.txt" }) } } }
    ) {
        $reports = Backup-Volume -Config (& $make) -Archive backup.tar
        $reports.Target | Should -Be (Join-Path $PWD volume1), (Join-Path $PWD volume2.txt)
        $reports.Prefix | Should -Be 'volumes/test', 'volumes/test'
    }

    It 'writes what GNU tar reads' -Skip:(-not (Get-Command tar -ErrorAction Ignore)) {
        $null = Backup-Volume volume1, volume2.txt backup.tar
        $names = tar -tf backup.tar
        $LASTEXITCODE | Should -Be 0
        $names[-1] | Should -Be 'volumes/volumes-data.yml'
    }

    It 'gives objects that survive <name>' -ForEach @(
        @{ name = 'ConvertTo-Json'; copy = { $args[0] | ConvertTo-Json | ConvertFrom-Json } }
        @{ name = 'Export-Clixml'; copy = { $args[0] | Export-Clixml report.xml; Import-Clixml report.xml } }
    ) {
        $report = Backup-Volume volume1 backup.tar
        $read = & $copy $report
        $read.Target | Should -Be $report.Target
        $read.Entries | Should -Be 4
        $read.Complete | Should -BeTrue
    }

    It 'leaves the archive as it was when <problem>' -ForEach @(
        @{ problem = 'a volume is missing'; id = 'VolumeNotFound'; run = { Backup-Volume volume1, missing backup.tar } }
        @{ problem = 'a volume is given twice'; id = 'ConfigInvalid'; run = { Backup-Volume volume1, volume1 backup.tar } }
        @{ problem = 'the prefix leads out'; id = 'ConfigInvalid'; run = { Backup-Volume volume1 backup.tar -Prefix ../x } }
        @{ problem = 'the configuration is missing'; id = 'ConfigNotFound'; run = { Backup-Volume -Config no.yml -Archive backup.tar -ErrorAction Stop } }
    ) {
        $before = Get-FileHash backup.tar
        $run | Should -Throw -ErrorId "$id,*"
        (Get-FileHash backup.tar).Hash | Should -Be $before.Hash
    }

    It 'changes nothing with -WhatIf' {
        $before = Get-FileHash backup.tar
        Backup-Volume volume1 backup.tar -WhatIf | Should -BeNullOrEmpty
        (Get-FileHash backup.tar).Hash | Should -Be $before.Hash
    }
}
