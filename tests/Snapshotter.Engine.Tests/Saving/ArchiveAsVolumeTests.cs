using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Saving;

/// <summary>An archive is never a volume of itself, whatever leads to it.</summary>
public class ArchiveAsVolumeTests : IDisposable
{
    private readonly TempFolder folder = new();

    public ArchiveAsVolumeTests()
    {
        folder.WriteFile("a", "content");
        BackupTar.Initialize(Archive);
        File.CreateSymbolicLink(folder["link"], Archive);
        Tool.Run("ln", Archive, folder["hard"]).Succeeds();
    }

    public static TheoryData<string> Ways => new("backup.tar", "link", "hard");

    private string Archive => folder["backup.tar"];

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Named_it_is_refused_and_nothing_is_changed(string way)
    {
        var e = Assert.Throws<BackupException>(() => BackUp(Named("a"), Named(way)));
        Assert.Equal(BackupError.ArchiveIsVolume, e.Error);
        Assert.Equal(folder[way], e.Target);
        Assert.Equal(new byte[1024], File.ReadAllBytes(Archive));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Found_it_is_left_out_with_a_warning(string way)
    {
        var listener = new Listener();
        var report = BackUp(listener, Found("a"), Found(way));
        Assert.Equal(folder["a"], Assert.Single(report.Volumes).Target);
        Assert.True(report.Complete);
        var warning = Assert.Single(listener.Warnings);
        Assert.Equal((BackupError.ArchiveIsVolume, folder[way]), (warning.Kind, warning.Path));
    }

    [Fact]
    public void Found_and_named_it_is_refused() =>
        Assert.Equal(
            BackupError.ArchiveIsVolume, Assert.Throws<BackupException>(() => BackUp(Found("link"), Named("backup.tar"))).Error);

    [Fact]
    public void When_nothing_else_was_found_there_is_nothing_to_save() =>
        Assert.Equal(BackupError.ArchiveIsVolume, Assert.Throws<BackupException>(() => BackUp(Found("backup.tar"))).Error);

    private VolumeSpec Named(string name) => new() { Target = folder[name] };

    private VolumeSpec Found(string name) => new() { Target = folder[name], IsImplied = true };

    private BackupReport BackUp(params VolumeSpec[] volumes) => BackUp(SilentReporter.Instance, volumes);

    private BackupReport BackUp(IReporter reporter, params VolumeSpec[] volumes) =>
        BackupTar.Backup(Archive, new VolumeConfig { Prefix = "p", Volumes = volumes }, reporter: reporter);

    private sealed class Listener : IReporter
    {
        public List<Notice> Warnings { get; } = [];

        public void Warn(Notice notice) => Warnings.Add(notice);
    }
}
