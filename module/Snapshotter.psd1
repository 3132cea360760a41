@{
    NestedModules        = @('Snapshotter.Loader.dll', 'Snapshotter.PowerShell.dll')
    ModuleVersion        = '1.0.0'
    GUID                 = '7d0a5f5c-6a0b-4b1e-9a55-2f3a1c1f6f0e'
    Author               = 'The Snapshotter maintainers'
    CompanyName          = 'The Snapshotter maintainers'
    Copyright            = '(c) 2026 The Snapshotter maintainers. MIT license.'
    Description          = 'Saves the volumes of Docker containers, and any folder or file you name, into one plain .tar, and brings them back exactly: links, owners, attributes, holes. Crash-safe appends, generations, checksums.'
    CompatiblePSEditions = @('Core')
    PowerShellVersion    = '7.6'
    CmdletsToExport      = @(
        'Backup-Volume'
        'Get-BackupTar'
        'Get-ContainerVolume'
        'Initialize-BackupTar'
        'Optimize-BackupTar'
        'Restore-Volume'
        'Test-BackupTar'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags         = @('Docker', 'Volume', 'Backup', 'Restore', 'Tar', 'Container', 'Snapshot', 'Kubernetes', 'Linux', 'Windows', 'MacOS', 'PSEdition_Core')
            # The one place for the address of the project, once it has one: ProjectUri = 'https://...', then build.ps1 Build, Help.
            # What Get-Help -Online opens derives from it.
            LicenseUri   = 'https://opensource.org/license/mit'
            ReleaseNotes = 'First release: Initialize-BackupTar, Backup-Volume, Restore-Volume, Get-BackupTar, Test-BackupTar, Optimize-BackupTar and Get-ContainerVolume.'
        }
    }
}
