using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

public sealed class WhatIfTests : ModuleTest
{
    [Theory]
    [InlineData("Initialize-BackupTar new.tar -WhatIf")]
    [InlineData("Initialize-BackupTar backup.tar -Force -WhatIf")]
    [InlineData("Backup-Volume volume1 backup.tar -WhatIf")]
    [InlineData("Backup-Volume -Config config.yml -Archive backup.tar -WhatIf -KeepLast 1")]
    [InlineData("Restore-Volume backup.tar config.yml -WhatIf")]
    [InlineData("Restore-Volume backup.tar config.yml -InPlace -WhatIf")]
    [InlineData("Restore-Volume backup.tar -Prefix backups/test -WhatIf")]
    [InlineData("Restore-Volume backup.tar -Prefix backups/test -Destination elsewhere -WhatIf")]
    [InlineData("$WhatIfPreference = $true; Restore-Volume backup.tar -Prefix backups/test; Backup-Volume volume1 backup.tar")]
    public void Not_a_byte_changes_and_nothing_is_asked(string script)
    {
        Folder.CreateArchive();
        Run("Backup-Volume -Config config.yml -Archive backup.tar");
        Folder.Write("volume1/file.txt", "changed");
        string before = Folder.Fingerprint();
        Assert.Empty(Run(script));
        Assert.Equal(before, Folder.Fingerprint());
        Assert.Empty(Session.Host.Questions);
    }
}
