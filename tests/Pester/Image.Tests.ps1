# The scripts of the image that need no container; tests/docker has the rest.
BeforeAll {
    Import-Module "$PSScriptRoot/TestVolumes.psm1" -Force
    . "$PSScriptRoot/../../image/log.ps1"
    . "$PSScriptRoot/../../image/commandline.ps1"
}

Describe 'The log of the image' {
    It 'counts <Number> as <Text>' -ForEach @(
        @{ Number = 0L; Text = '0 entries' }
        @{ Number = 1L; Text = '1 entry' }
        @{ Number = 2; Text = '2 entries' }
        @{ Number = $null; Text = 'number of entries unknown' }
    ) { Format-Count $Number entry entries | Should -Be $Text }
}

Describe 'Results of the image as JSON' {
    It 'tell of a file its archive and size, and nothing of where it hangs' {
        $plain = ConvertTo-Plain (Get-Item -LiteralPath $PSCommandPath)
        $plain.Keys | Should -Be 'Archive', 'Bytes'
        $plain.Archive | Should -Be $PSCommandPath
    }
}

Describe 'The command line of the image' {
    It 'splits <Text> into <Parts>' -ForEach @(
        @{ Text = 'conf/**'; Parts = 'conf/**' }
        @{ Text = 'a,b,c'; Parts = 'a', 'b', 'c' }
        @{ Text = "'a,b',c"; Parts = 'a,b', 'c' }
        @{ Text = '"a,b",c'; Parts = 'a,b', 'c' }
        @{ Text = "'it''s',b"; Parts = "it's", 'b' }
        @{ Text = "it's"; Parts = "it's" }
        @{ Text = ''; Parts = '' }
    ) { @(Split-List $Text) | Should -Be $Parts }

    It 'reads the parameters of the cmdlet, by their aliases and beginnings too' {
        $given = Read-Parameter restore (Get-Command Restore-Volume) '-gen', '2', '-Include', 'conf/**,b', '-Target', '/data', '-WhatIf', '-InPlace', $false, '--json'
        $given.Generation | Should -Be 2
        $given.Include | Should -Be 'conf/**', 'b'
        $given.Volume | Should -Be '/data'
        $given.WhatIf | Should -BeTrue
        $given.InPlace | Should -BeFalse
        $given.Json | Should -BeTrue
    }

    It 'does not take <Words>' -ForEach @(
        @{ Words = @('now') }
        @{ Words = @('-NoSuch') }
        @{ Words = @('-In', 'x') }
        @{ Words = @('--generation', '2') }
        @{ Words = @('-Generation') }
        @{ Words = @('-Generation', '-WhatIf') }
        @{ Words = @('-Generation', '2,3') }
        @{ Words = @('-Generation', 'two') }
        @{ Words = @('-WhatIf', 'x') }
        @{ Words = @('-Volume', 'a', '-Target', 'b') }
    ) { { Read-Parameter restore (Get-Command Restore-Volume) $Words } | Should -Throw -ExceptionType ([ArgumentException]) }

    It 'gives <Cmdlet> with <Given.Keys> the archive and the configuration where they belong' -ForEach @(
        @{ Cmdlet = 'Backup-Volume'; Given = @{}; Archive = '/backup.tar'; Config = '/config.yml' }
        @{ Cmdlet = 'Backup-Volume'; Given = @{ Path = '/data' }; Archive = '/backup.tar'; Config = $null }
        @{ Cmdlet = 'Backup-Volume'; Given = @{ Prefix = 'p' }; Archive = '/backup.tar'; Config = '/config.yml' }
        @{ Cmdlet = 'Restore-Volume'; Given = @{ Archive = '/a.tar'; Generation = 2 }; Archive = '/a.tar'; Config = '/config.yml' }
        @{ Cmdlet = 'Restore-Volume'; Given = @{ Prefix = 'p' }; Archive = '/backup.tar'; Config = $null }
        @{ Cmdlet = 'Restore-Volume'; Given = @{ Config = '/c.yml' }; Archive = '/backup.tar'; Config = '/c.yml' }
        @{ Cmdlet = 'Get-BackupTar'; Given = @{}; Path = '/backup.tar'; Config = $null }
        @{ Cmdlet = 'Test-BackupTar'; Given = @{ Path = '/x/*.tar' }; Path = '/x/*.tar'; Config = $null }
        @{ Cmdlet = 'Initialize-BackupTar'; Given = @{ Force = $true }; Path = '/backup.tar'; Config = $null }
        @{ Cmdlet = 'Optimize-BackupTar'; Given = @{}; Path = '/backup.tar'; Config = '/config.yml' }
        @{ Cmdlet = 'Optimize-BackupTar'; Given = @{ Generation = 2 }; Path = '/backup.tar'; Config = $null }
        @{ Cmdlet = 'Optimize-BackupTar'; Given = @{ KeepLast = 2 }; Path = '/backup.tar'; Config = $null }
    ) {
        Add-Default (Get-Command $Cmdlet) $Given
        $Given.Archive | Should -Be $Archive
        if ($Path) { $Given.Path | Should -Be $Path }
        $Given.Config | Should -Be $Config
    }
}

Describe 'The log of the image' {
    It 'counts <Number> as <Text>' -ForEach @(
        @{ Number = 0; Text = '0 entries' }
        @{ Number = 1; Text = '1 entry' }
        @{ Number = 2; Text = '2 entries' }
    ) { Format-Count $Number entry entries | Should -Be $Text }

    It 'makes JSON of results' {
        $folder = New-TestVolume
        try {
            $saved = Backup-Volume ./volume1 ./backup.tar
            $json = ConvertTo-Json (ConvertTo-Plain $saved) -Depth 9 | ConvertFrom-Json
            $json.Target | Should -Be "$folder/volume1"
            $json.Type | Should -Be Directory
            $json.Duration | Should -BeOfType double
            $json.Warnings.Count | Should -Be 0
            $json.Complete | Should -BeTrue
        }
        finally { Remove-TestVolume $folder }
    }
}

Describe 'The places of the image' -Skip:(-not $IsLinux) {
    BeforeAll {
        $mounts = @(
            '1 0 0:1 / / rw - overlay overlay rw'
            '2 1 0:2 / /proc rw - proc proc rw'
            '3 1 0:3 / /dev rw - tmpfs tmpfs rw'
            '4 3 0:4 / /dev/shm rw - tmpfs shm rw'
            '5 1 8:1 /vol /data\040one rw - ext4 /dev/vda rw'
            '6 1 8:1 /b.tar /backup.tar rw - ext4 /dev/vda rw'
        )
    }

    It '<Path> outlives the container: <Lasts>' -ForEach @(
        @{ Path = '/backup.tar'; Lasts = $true }
        @{ Path = '/data one'; Lasts = $true }
        @{ Path = '/data one/sub/../x'; Lasts = $true }
        @{ Path = '/data one/../x'; Lasts = $false }
        @{ Path = '/data'; Lasts = $false }
        @{ Path = '/data onetwo'; Lasts = $false }
        @{ Path = '/'; Lasts = $false }
        @{ Path = '/dev/shm/x'; Lasts = $false }
    ) { [Snapshotter.PowerShell.Image.MountedPlace]::Holds($Path, [string[]] $mounts) | Should -Be $Lasts }

    It 'follows the links of folders' {
        $folder = New-TestVolume
        try {
            $null = New-Item -ItemType SymbolicLink link -Target volume1
            $mounted = "7 1 8:1 /v $folder/volume1 rw - ext4 /dev/vda rw"
            [Snapshotter.PowerShell.Image.MountedPlace]::Holds("$folder/link/sub/none", [string[]] $mounted) | Should -BeTrue
            [Snapshotter.PowerShell.Image.MountedPlace]::Holds("$folder/volume3", [string[]] $mounted) | Should -BeFalse
        }
        finally { Remove-TestVolume $folder }
    }
}
