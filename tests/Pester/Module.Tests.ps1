BeforeAll { Import-Module "$PSScriptRoot/TestVolumes.psm1" -Force }

Describe Snapshotter {
    It 'survives Import-Module -Force and Remove-Module' {
        $path = Join-Path (Get-Module Snapshotter).ModuleBase Snapshotter.psd1
        Import-Module $path -Force
        Get-Command -Module Snapshotter | Should -HaveCount 7
        Remove-Module Snapshotter
        # By its whole name one that is installed would be imported again.
        Get-Command Backup-V* -ListImported | Should -BeNullOrEmpty
        Import-Module $path -Global
        Get-Command -Module Snapshotter | Should -HaveCount 7
    }

    It 'has a valid manifest' {
        (Test-ModuleManifest "$PSScriptRoot/../../out/module/Snapshotter/Snapshotter.psd1").ExportedCmdlets.Keys | Should -HaveCount 7
    }

    It 'has help with examples for <_>' -ForEach @(
        'Initialize-BackupTar', 'Backup-Volume', 'Restore-Volume', 'Get-BackupTar', 'Test-BackupTar', 'Optimize-BackupTar', 'Get-ContainerVolume'
    ) {
        $help = Get-Help $_ -Full
        $help.examples.example.Count | Should -BeGreaterThan 2
        foreach ($parameter in $help.parameters.parameter) { $parameter.description.Text | Should -Not -BeNullOrEmpty }
    }
}
