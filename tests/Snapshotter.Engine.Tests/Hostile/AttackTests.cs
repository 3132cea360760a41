using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Hostile;

/// <summary>
/// Every attack, in archives that look like ours and in the original program's layout, against everything that reads an
/// archive: nothing outside the volume is touched, and what is refused leaves the volume as it was.
/// </summary>
public sealed class AttackTests : IDisposable
{
    private readonly HostileScene scene = new();

    public static TheoryData<string, bool> Attacks()
    {
        var data = new TheoryData<string, bool>();
        foreach (string name in Attack.All.Keys)
        {
            data.Add(name, true);
            data.Add(name, false);
        }

        return data;
    }

    public void Dispose() => scene.Dispose();

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Staged_restore(string attack, bool native) => Restore(attack, native, new RestoreOptions());

    [Theory]
    [MemberData(nameof(Attacks))]
    public void In_place_restore(string attack, bool native) => Restore(attack, native, new RestoreOptions { InPlace = true });

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Restore_of_a_part(string attack, bool native) => Restore(attack, native, new RestoreOptions { Include = ["*"] });

    [Theory]
    [MemberData(nameof(Attacks))]
    public void List(string attack, bool native)
    {
        var (forged, refusal) = Forge(attack, native);
        scene.With(forged);
        string before = scene.Digest();
        try
        {
            Assert.NotEmpty(BackupTar.List(scene.Archive));
            Assert.All(BackupTar.ListEntries(scene.Archive), e => Assert.DoesNotContain("..", e.Path.Split('/')));
        }
        catch (BackupException e)
        {
            AssertTellsWhere(refusal, e);
        }

        Assert.Equal(before, scene.Digest());
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Test(string attack, bool native)
    {
        var (forged, refusal) = Forge(attack, native);
        scene.With(forged);
        string before = scene.Digest();
        var errors = BackupTar.Test(scene.Archive).SelectMany(r => r.Errors).ToList();
        Assert.Equal(before, scene.Digest());
        if (refusal is BackupError.ArchiveInvalid || (refusal is BackupError.UnsafeEntry && !IsOfThisPlatform(attack)))
        {
            Assert.Contains(errors, e => e.Kind == refusal);
        }
        else
        {
            Assert.Empty(errors);
        }
    }

    private void Restore(string attack, bool native, RestoreOptions options)
    {
        var (forged, refusal) = Forge(attack, native);
        scene.With(forged);
        string before = scene.Digest();
        string outside = scene.OutsideDigest();
        if (refusal == BackupError.InsufficientSpace)
        {
            // Some file systems can hold it: then it is restored.
            var e = Record.Exception(() => scene.Restore(options));
            Assert.True(e is null || (e as BackupException)?.Error == refusal, e?.ToString());
            Assert.True(e is null || before == scene.Digest());
        }
        else if (refusal is { } error)
        {
            var e = Assert.Throws<BackupException>(() => scene.Restore(options));
            AssertTellsWhere(error, e);
            Assert.Equal(before, scene.Digest());
        }
        else
        {
            scene.Restore(options);
            Assert.NotEqual(before, scene.Digest());
            Assert.False(File.Exists(Path.Join(scene.Volume, "hidden")));

            // Nothing was planted for the next restore to trip over.
            scene.Restore(new RestoreOptions());
        }

        Assert.Equal(outside, scene.OutsideDigest());
        Assert.False(Path.Exists("/tmp/snapshotter-escaped"));
    }

    private static (byte[] Archive, BackupError? Refusal) Forge(string name, bool native)
    {
        var attack = Attack.All[name];
        var forge = new ArchiveForge().Volume(HostileScene.Target).File("_", "there is something in any case");
        attack.Build(forge);
        _ = native ? forge.NativeManifest() : forge.ForeignManifest();
        return (forge.ToArray(), native ? attack.Native : attack.Foreign);
    }

    /// <summary>What only a restore refuses: other platforms may hold it.</summary>
    private static bool IsOfThisPlatform(string attack) =>
        attack is "name of 256 bytes" or "empty link target" or "link target of 5000 bytes" or "device number out of range"
            or "root is a link" or "root is a file";

    private static void AssertTellsWhere(BackupError? expected, BackupException e)
    {
        Assert.Equal(expected, e.Error);
        if (e.Error != BackupError.InsufficientSpace)
        {
            Assert.NotNull(e.Offset);
        }

        if (e.Error == BackupError.UnsafeEntry)
        {
            Assert.NotNull(e.EntryName);
        }

        Assert.True(e.Message.Length < 8192, "The message is too long for a person.");
        Assert.DoesNotContain(e.Message, char.IsControl);
    }
}
