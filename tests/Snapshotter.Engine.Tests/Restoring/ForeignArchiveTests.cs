using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>Archives that other programs made or added to.</summary>
public sealed class ForeignArchiveTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Archive => folder["backup.tar"];

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Writers => new(
        "tar -rf \"$1\" -C \"$2\" .",
        "tar --format=posix -rf \"$1\" -C \"$2\" .",
        "tar --format=ustar -rf \"$1\" -C \"$2\" .",
        "tar --format=v7 -cf \"$1\" -C \"$2\" .",
        "tar --format=gnu -cf \"$1\" -C \"$2\" .",
        "tar -b 1 -cf \"$1\" -C \"$2\" .",
        "bsdtar -rf \"$1\" -C \"$2\" .",
        "bsdtar --format=ustar -cf \"$1\" -C \"$2\" .",
        "python3 -c 'import tarfile,sys; t=tarfile.open(sys.argv[1],\"a\"); t.add(sys.argv[2],\".\"); t.close()' \"$1\" \"$2\"",
        "python3 -c 'import tarfile,sys; t=tarfile.open(sys.argv[1],\"w\",format=tarfile.GNU_FORMAT); t.add(sys.argv[2],\".\"); t.close()' \"$1\" \"$2\"");

    [Theory]
    [MemberData(nameof(Writers))]
    public void A_backup_goes_behind_what_others_wrote_and_all_is_read_by_all(string script)
    {
        folder.WriteFile("other/theirs", "theirs");
        BackupTar.Initialize(Archive);
        Tool.Bash(null, script, Archive, folder["other"]).Succeeds();
        string volume = VolumeWith("mine", "content");
        BackupTar.Backup(Archive, Config(volume));

        string[] names = Tool.Run("tar", "-tf", Archive).SucceedsSilently().Lines;
        Assert.Contains("./theirs", names);
        Assert.Contains($"volumes/{EntryNames.IdOf(volume)}/mine", names);
        Assert.Contains("./theirs", Tool.Python(null, "import tarfile,sys; print(*tarfile.open(sys.argv[1]).getnames(), sep='\\n')", Archive).Succeeds().Lines.Select(n => n.StartsWith("./", StringComparison.Ordinal) ? n : "./" + n));
        File.Delete(folder["volume", "mine"]);
        BackupTar.Restore(Archive, Config(volume));
        Assert.Equal("content", File.ReadAllText(folder["volume", "mine"]));
        Assert.All(BackupTar.Test(Archive), r => Assert.True(r.Passed));
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public void What_others_add_behind_a_backup_hides_nothing(string script)
    {
        if (script.Contains("-cf", StringComparison.Ordinal) || script.Contains("\"w\"", StringComparison.Ordinal))
        {
            // Creates anew instead of adding.
            return;
        }

        string volume = VolumeWith("mine", "content");
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, Config(volume));
        folder.WriteFile("other/theirs", "theirs");
        Tool.Bash(null, script, Archive, folder["other"]).Succeeds();
        File.Delete(folder["volume", "mine"]);
        BackupTar.Restore(Archive, Config(volume));
        Assert.Equal("content", File.ReadAllText(folder["volume", "mine"]));

        folder.WriteFile("volume/second", "2");
        BackupTar.Backup(Archive, Config(volume));
        Assert.Equal([1, 2], BackupTar.List(Archive).Select(v => v.Generation));
        Assert.Contains("./theirs", Tool.Run("tar", "-tf", Archive).SucceedsSilently().Lines);
        Assert.Equal(1024, TrailingZeros(Archive));
    }

    [Theory]
    [InlineData("USTAR_FORMAT", "volumes/busy_lewin")]
    [InlineData("GNU_FORMAT", "volumes/busy_lewin")]
    [InlineData("PAX_FORMAT", "volumes/busy_lewin")]
    [InlineData("GNU_FORMAT", "")]
    public void An_archive_of_the_original_program_restores(string format, string prefix)
    {
        string directory = folder["home", "volume1"];
        string file = folder["home", "volume2.txt"];
        MakeOriginal(format, prefix, directory, file, "first", padded: false);
        var reports = BackupTar.Restore(Archive, Config(prefix, directory, file));
        Assert.All(reports, r => Assert.True(r.Complete, string.Join("\n", r.Warnings)));
        Assert.Equal("first", File.ReadAllText(Path.Combine(directory, "sub", "file.txt")));
        Assert.Equal("single first", File.ReadAllText(file));
    }

    [Fact]
    public void Of_several_backups_by_the_original_program_the_newest_counts_alone()
    {
        string directory = folder["home", "volume1"];
        string file = folder["home", "volume2.txt"];
        MakeOriginal("GNU_FORMAT", "p", directory, file, "first", padded: false, extra: "gone");
        MakeOriginal("GNU_FORMAT", "p", directory, file, "second", padded: true);
        BackupTar.Restore(Archive, Config("p", directory, file));
        Assert.Equal("second", File.ReadAllText(Path.Combine(directory, "sub", "file.txt")));
        Assert.Equal("single second", File.ReadAllText(file));
        Assert.False(File.Exists(Path.Combine(directory, "gone")));

        // And ours goes behind it.
        BackupTar.Backup(Archive, Config("p", directory, file));
        Assert.Equal([1, 1, 2, 2, 3, 3], BackupTar.List(Archive).Select(v => v.Generation));
        BackupTar.Restore(Archive, Config("p", directory, file), new RestoreOptions { Generation = new GenerationChoice { Number = 1 } });
        Assert.True(File.Exists(Path.Combine(directory, "gone")));
    }

    /// <summary>Behind a global header our entries would have other names, times or owners for every reader.</summary>
    [Theory]
    [InlineData("path=all/the/same")]
    [InlineData("mtime=1000000000")]
    [InlineData("uid=4711")]
    [InlineData("gname=nobody")]
    [InlineData("linkpath=elsewhere")]
    [InlineData("atime=1")]
    [InlineData("hdrcharset=BINARY")]
    [InlineData("SCHILY.xattr.user.note=all")]
    [InlineData("VENDOR.something=else")]
    public void Nothing_is_appended_behind_a_global_header_that_says_something(string record)
    {
        string volume = VolumeWith("mine", "content");
        foreach (bool isOwnInFront in new[] { false, true })
        {
            File.Delete(Archive);
            BackupTar.Initialize(Archive);
            if (isOwnInFront)
            {
                BackupTar.Backup(Archive, Config(volume));
            }

            AppendGlobalHeader(record);
            byte[] before = File.ReadAllBytes(Archive);
            var e = Assert.Throws<BackupException>(() => BackupTar.Backup(Archive, Config(volume)));
            Assert.Equal(BackupError.GlobalHeader, e.Error);
            Assert.Equal(before, File.ReadAllBytes(Archive));
        }
    }

    [Fact]
    public void A_comment_for_all_harms_nobody()
    {
        string volume = VolumeWith("mine", "content");
        File.SetLastWriteTimeUtc(folder["volume", "mine"], new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        BackupTar.Initialize(Archive);
        AppendGlobalHeader("comment=4f2c51e0");
        for (int generation = 1; generation <= 2; generation++)
        {
            BackupTar.Backup(Archive, Config(volume));
            string name = $"volumes/{EntryNames.IdOf(volume)}/mine";
            Assert.Contains($"{name} 1577934245", Tool.Python(
                null, "import tarfile,sys\nfor m in tarfile.open(sys.argv[1]): print(m.name, int(m.mtime))", Archive).Succeeds().Lines);
            Assert.Contains(name, Tool.Run("tar", "-tf", Archive).Succeeds().Lines);
            Assert.Contains(name, Tool.Run("bsdtar", "-tf", Archive).Succeeds().Lines);
        }

        Assert.All(BackupTar.Test(Archive), r => Assert.True(r.Passed));
    }

    private void AppendGlobalHeader(string record) => Tool.Python(
        null,
        """
        import sys, tarfile, io
        path, record = sys.argv[1:3]
        key, value = record.split('=', 1)
        data = open(path, 'rb').read()[:-1024]
        b = io.BytesIO()
        t = tarfile.open(fileobj=b, mode='w', format=tarfile.PAX_FORMAT, pax_headers={key: value})
        i = tarfile.TarInfo('theirs'); i.size = 6; t.addfile(i, io.BytesIO(b'theirs'))
        open(path, 'wb').write(data + b.getvalue()[:t.offset] + bytes(1024))
        """,
        Archive, record).Succeeds();

    [Fact]
    public void Prefixes_live_side_by_side()
    {
        string one = VolumeWith("mine", "one");
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, Config("volumes/web", one));
        File.WriteAllText(folder["volume", "mine"], "two");
        BackupTar.Backup(Archive, Config("volumes/db", one));
        BackupTar.Restore(Archive, Config("volumes/web", one));
        Assert.Equal("one", File.ReadAllText(folder["volume", "mine"]));
        var missing = Assert.Throws<BackupException>(() => BackupTar.Restore(Archive, Config("volumes", one)));
        Assert.Equal(BackupError.GenerationNotFound, missing.Error);
    }

    [Fact]
    public void All_volumes_of_a_large_foreign_manifest_come_back_and_a_failed_run_before_it_does_not()
    {
        Tool.Python(
            null,
            """
            import sys, tarfile, io, hashlib
            t = tarfile.open(sys.argv[1], 'w', format=tarfile.USTAR_FORMAT)
            def id_of(n): return hashlib.sha256(n.encode()).hexdigest()
            def add(n, data=None):
                i = tarfile.TarInfo(n); i.mode = 0o755 if data is None else 0o644
                i.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
                i.size = len(data or b''); t.addfile(i, io.BytesIO(data or b''))
            def run(version, extra, last):
                for n in range(last):
                    add('p/' + id_of(f'/f{n}'), b'%s %d' % (version, n))
                    if n == 5: add('p/' + id_of('/f5-evil'), b'of another volume')
                add('p/' + id_of('/d')); add('p/' + id_of('/d') + '/both', version)
                add('p/' + id_of('/d') + '/' + extra, version)
            run(b'failed', 'stale', 200)
            run(b'good', 'fresh', 300)
            text = ''.join(f'- id: {id_of(f"/f{n}")}\n  type: file\n  target: /f{n}\n' for n in range(300))
            add('p/volumes-data.yml', (text + f'- id: {id_of("/d")}\n  type: dir\n  target: /d\n').encode())
            t.fileobj.write(bytes(1024)); t.fileobj.close()
            """,
            Archive).Succeeds();
        string target = folder["out"];
        var reports = BackupTar.Restore(Archive, new VolumeConfig { Prefix = "p" }, new RestoreOptions { Destination = target, Durable = false, NoOwner = true });
        Assert.Equal(301, reports.Count);
        Assert.All(Enumerable.Range(0, 300), n => Assert.Equal($"good {n}", File.ReadAllText(Path.Combine(target, $"f{n}"))));
        Assert.Equal(["both", "fresh"], Directory.EnumerateFiles(Path.Combine(target, "d")).Select(Path.GetFileName).Order());
        Assert.Equal("good", File.ReadAllText(Path.Combine(target, "d", "both")));
        Assert.Equal(301, BackupTar.Test(Archive).Count(r => r.Passed));
        Assert.DoesNotContain(BackupTar.ListEntries(Archive, new ListOptions { Generation = 1 }), e => e.Path == "stale");
    }

    [Fact]
    public void Entries_behind_an_end_marker_are_not_cut_off()
    {
        folder.WriteFile("other/theirs", "theirs");
        Tool.Bash(folder.Path, "tar -cf a.tar other; tar -cf b.tar other; cat a.tar b.tar > backup.tar").Succeeds();
        byte[] before = File.ReadAllBytes(Archive);
        string volume = VolumeWith("mine", "content");
        var e = Assert.Throws<BackupException>(() => BackupTar.Backup(Archive, Config(volume)));
        Assert.Equal(BackupError.ArchiveInvalid, e.Error);
        Assert.Equal(before, File.ReadAllBytes(Archive));
    }

    [Fact]
    public void A_disk_image_that_begins_with_zeros_is_no_archive()
    {
        byte[] image = new byte[100_000];
        new Random(1).NextBytes(image.AsSpan(1024));
        File.WriteAllBytes(Archive, image);
        string volume = VolumeWith("mine", "content");
        var e = Assert.Throws<BackupException>(() => BackupTar.Backup(Archive, Config(volume)));
        Assert.Equal(BackupError.ArchiveInvalid, e.Error);
        Assert.Equal(image, File.ReadAllBytes(Archive));
    }

    private void MakeOriginal(
        string format, string prefix, string directory, string file, string content, bool padded, string? extra = null) => Tool.Python(
        null,
        """
        import sys, tarfile, io, hashlib, os
        path, fmt, prefix, directory, file, content, padded, extra = sys.argv[1:9]
        blocks = io.BytesIO()
        t = tarfile.open(fileobj=blocks, mode='w', format=getattr(tarfile, fmt))
        def name(n): return prefix + '/' + n if prefix else n
        def add(n, data=None):
            i = tarfile.TarInfo(n); i.mode = 0o755 if data is None else 0o644
            i.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
            i.uid, i.gid = os.getuid(), os.getgid()
            i.size = len(data or b''); t.addfile(i, io.BytesIO(data or b''))
        did, fid = (hashlib.sha256(p.encode()).hexdigest() for p in (directory, file))
        add(name(did)); add(name(did) + '/sub'); add(name(did) + '/sub/file.txt', content.encode())
        if extra: add(name(did) + '/' + extra, b'extra')
        add(name(fid), ('single ' + content).encode())
        add(name('volumes-data.yml'), f'- id: {did}\n  type: dir\n  target: {directory}\n- id: {fid}\n  type: file\n  target: {file}\n'.encode())
        data = blocks.getvalue()[:t.offset] + bytes(10240 if padded == 'True' else 1024)
        old = open(path, 'rb').read()[:-1024] if os.path.exists(path) else b''
        open(path, 'wb').write(old + data)
        """,
        Archive, format, prefix, directory, file, content, padded.ToString(), extra ?? "").Succeeds();

    private string VolumeWith(string name, string content)
    {
        folder.WriteFile("volume/" + name, content);
        return folder["volume"];
    }

    private static long TrailingZeros(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return bytes.Length - 1 - Array.FindLastIndex(bytes, b => b != 0);
    }

    private static VolumeConfig Config(string target) => Config("volumes", target);

    private static VolumeConfig Config(string prefix, params string[] targets) =>
        new() { Prefix = prefix, Volumes = [.. targets.Select(t => new VolumeSpec { Target = t })] };
}
