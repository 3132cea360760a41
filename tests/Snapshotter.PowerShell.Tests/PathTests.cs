using System.Management.Automation;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>Names that PowerShell itself takes for more than a name: whoever chooses them must not choose what is saved.</summary>
public sealed class PathTests : ModuleTest
{
    public PathTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "names of Unix");
        Folder.CreateArchive();
        foreach (string name in Names)
            Folder.Write($"shared/{name}/file", name);
        Folder.Write("secret/file", "top secret");
        Folder.Write("shared/back/s/file", "another");
    }

    private static readonly string[] Names =
        ["a\\..\\..\\secret", "back\\s", "x::y", "FileSystem::z", "nodrive:q", "Temp:t", "env:PATH", "~", "[ab]", "`[ab`]"];

    public static TheoryData<string> Ways =>
    [
        "Get-ChildItem shared | Backup-Volume -Archive backup.tar",
        "Backup-Volume shared/* -Archive backup.tar",
        "Backup-Volume $PWD/shared/* -Archive backup.tar",
        "Backup-Volume -LiteralPath ((Get-ChildItem shared).FullName) -Archive backup.tar",
        "Set-Location shared; [IO.Directory]::GetDirectories($PWD.Path).ForEach({ [IO.Path]::GetFileName($_) }) | ForEach-Object { [pscustomobject]@{ PSPath = $_ } } | Backup-Volume -Archive ../backup.tar",
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_name_is_the_volume_that_has_it(string script)
    {
        string[] expected = [.. Names.Append("back").Select(name => Folder[$"shared/{name}"]).Order(StringComparer.Ordinal)];
        PSObject[] results = [.. Run(script)];

        Assert.Equal(expected, results.Select(result => (string)result.Properties["Target"].Value).Order(StringComparer.Ordinal));
        Assert.All(results, result => Assert.True((bool)result.Properties["Complete"].Value));
    }

    [Theory]
    [InlineData("Get-ChildItem archives | Get-BackupTar")]
    [InlineData("Get-BackupTar archives/*")]
    [InlineData("Get-BackupTar -LiteralPath ((Get-ChildItem archives).FullName)")]
    [InlineData("Get-ChildItem archives | Get-BackupTar | Test-BackupTar")]
    public void An_archive_is_the_one_that_has_the_name(string script)
    {
        Run("Backup-Volume secret backup.tar");
        Folder.Write("archives/none", "");
        File.Delete(Folder["archives/none"]);
        File.Copy(Folder.Archive, Folder["archives/x\\..\\..\\other.tar"]);
        File.Copy(Folder.Archive, Folder["other.tar"]);

        PSObject result = Assert.Single(Run(script));
        Assert.Equal(Folder["archives/x\\..\\..\\other.tar"], result.Properties["Archive"].Value);
    }

    [Theory]
    [InlineData("1x")]
    [InlineData("1.5")]
    [InlineData("")]
    [InlineData(null)]
    public void A_row_that_lost_its_generation_is_not_the_newest(string? generation)
    {
        Run("Backup-Volume secret backup.tar");
        Folder.Write("secret/file", "newer");
        Run("Backup-Volume secret backup.tar");
        string before = Folder.Fingerprint();
        ErrorRecord error = Session.Fail(
            $"$row = Get-BackupTar backup.tar | Where-Object Generation -eq 1 | Select-Object *; "
            + $"$row.Generation = {(generation is null ? "$null" : $"'{generation}'")}; $row | Restore-Volume -Confirm:$false");
        Assert.StartsWith("NotAGeneration,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(before, Folder.Fingerprint());
    }

    [Theory]
    [InlineData("Get-BackupTar backup.tar -Entry | Where-Object Path -like *.yml | Restore-Volume -Confirm:$false")]
    [InlineData("Get-BackupTar backup.tar -Entry | Where-Object Path -eq file | Select-Object * | ForEach-Object { $_.Path = $null; $_ } | Restore-Volume -Confirm:$false")]
    public void Rows_of_no_file_of_a_volume_are_told(string script)
    {
        Run("Backup-Volume secret backup.tar");
        Folder.Write("secret/file", "newer");
        string before = Folder.Fingerprint();
        Assert.StartsWith("EntryOfNoVolume,", Session.Fail(script).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(before, Folder.Fingerprint());
    }

    [Theory]
    [InlineData("Backup-Volume secret -Archive backup.tar -Exclude $null")]
    [InlineData("Backup-Volume secret -Archive backup.tar -KeepWithin $null")]
    [InlineData("Restore-Volume backup.tar -Prefix volumes -Include $null -Destination d")]
    [InlineData("Restore-Volume backup.tar -Prefix volumes -Exclude $null -Destination d")]
    [InlineData("Restore-Volume backup.tar -Prefix volumes -Volume $null -Destination d")]
    [InlineData("Restore-Volume backup.tar -Prefix volumes -Generation $null -Destination d")]
    [InlineData("Restore-Volume backup.tar -Prefix volumes -Destination \"a`0\"")]
    [InlineData("Optimize-BackupTar backup.tar -Generation $null -Confirm:$false")]
    public void A_variable_that_was_never_set_changes_nothing(string script)
    {
        Run("Backup-Volume secret backup.tar");
        string before = Folder.Fingerprint();
        ErrorRecord error = Session.Fail(script);
        Assert.IsNotType<NullReferenceException>(error.Exception.GetBaseException());
        Assert.Matches("^(ParameterArgument|NotAGeneration|PathNotFileSystem)", error.FullyQualifiedErrorId);
        Assert.Equal(before, Folder.Fingerprint());
    }

    [Fact]
    public void The_end_of_time_is_a_time()
    {
        Run("Backup-Volume secret backup.tar");
        Assert.Single(Run("Restore-Volume backup.tar -Prefix volumes -AsOf 9999-12-31 -Destination d -Confirm:$false"));
    }
}
