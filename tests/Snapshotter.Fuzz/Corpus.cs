using System.Text;
using Snapshotter.Engine;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Fuzz;

/// <summary>The inputs that mutation starts from: archives by our own backup, forged ones, GNU tar's, and fixtures where there are any.</summary>
internal static class Corpus
{
    public const string Prefix = "volumes";
    public const string DirectoryTarget = "/v/dir";
    public const string FileTarget = "/v/file";

    public static List<byte[]> Archives(string scratch, string? fixtures)
    {
        var seeds = new List<byte[]> { Forged(native: true), Forged(native: false), Sparse(), Links(), new byte[TarLayout.EndMarkerSize] };
        seeds.Add(Own(scratch, ChecksumAlgorithm.XxHash128, generations: 2));
        seeds.Add(Own(scratch, ChecksumAlgorithm.None, generations: 1));
        foreach (string format in new[] { "posix", "gnu", "v7" })
        {
            if (GnuTar(scratch, format) is { } archive)
            {
                seeds.Add(archive);
            }
        }

        if (fixtures is not null && Directory.Exists(fixtures))
        {
            foreach (string path in Directory.EnumerateFiles(fixtures, "*.tar", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                if (new FileInfo(path).Length <= 32 * 1024)
                {
                    seeds.Add(AsVolume(File.ReadAllBytes(path)));
                }
            }
        }

        return seeds;
    }

    public static readonly string[] Configs =
    [
        "prefix: \"volumes/busy_lewin\"\nvolumes:\n  - /home/volume1\n  - target: /home/volume2.txt\n    source: /srv/x\nexclude: [\"*.tmp\", \"cache/**\"]\n",
        "volumes: [/a, '/b', {target: /c}]\nkeep:\n  last: 3\n  daily: 7\n  within: 30d\n",
        "prefix: &p x\nvolumes:\n- /a\n- &v {target: /b, source: /c}\n",
    ];

    /// <summary>Manifests of either kind.</summary>
    public static IEnumerable<byte[]> Manifests(string scratch)
    {
        foreach (byte[] archive in new[] { Own(scratch, ChecksumAlgorithm.Sha256, 2), Forged(native: false) })
        {
            var reader = new TarReader(new MemoryBlocks(archive));
            while (reader.Next())
            {
                if (ManifestEntry.IsManifest(reader.Entry))
                {
                    yield return archive.AsSpan((int)reader.Entry.DataOffset, (int)reader.Entry.Size).ToArray();
                }
            }
        }
    }

    private static byte[] Forged(bool native)
    {
        var forge = new ArchiveForge(Prefix);
        for (int generation = 0; generation < 2; generation++)
        {
            forge.Volume(DirectoryTarget).File("a").Directory("d").File("d/f", new string('x', 700)).SymbolicLink("d/l", "../../outside")
                .HardLink("h", "a").Header(new ForgedHeader(forge.NameOf("fifo"), TypeFlag.Fifo))
                .Header(new ForgedHeader(forge.NameOf("null"), TypeFlag.CharacterDevice) { DeviceMajor = 1, DeviceMinor = 3 })
                .Pax(("path", Prefix + "/" + EntryNames.IdOf(DirectoryTarget) + "/long/name"), ("mtime", "1.5"), ("SCHILY.xattr.user.a", "b"),
                    ("SCHILY.acl.access", "user::rw-,user:1:r--,group::r--,mask::r--,other::---"), ("uid", "4000000000"))
                .File("x")
                .Volume(FileTarget, isDirectory: false).File("", "single");
            _ = native ? forge.NativeManifest() : forge.ForeignManifest();
        }

        return forge.ToArray();
    }

    private static byte[] Sparse()
    {
        var forge = new ArchiveForge(Prefix);
        string map = "2\n0\n512\n4096\n512\n";
        return forge.Volume(DirectoryTarget)
            .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", Encoding.UTF8.GetString(forge.NameOf("sparse"))), ("GNU.sparse.realsize", "8192"))
            .RawHeader(new ForgedHeader(forge.NameOf("s"), TypeFlag.Regular) { Size = 1536 })
            .Data(ArchiveForge.Bytes(map)).Data(new byte[1024])
            .Pax(("GNU.sparse.size", "5000"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "1024,512"))
            .RawHeader(new ForgedHeader(forge.NameOf("t"), TypeFlag.Regular) { Size = 512 }).Data(new byte[512])
            .NativeManifest().ToArray();
    }

    private static byte[] Links()
    {
        var forge = new ArchiveForge(Prefix);
        return forge.Volume(DirectoryTarget).SymbolicLink("out", "../outside").SymbolicLink("abs", "/nowhere").Directory("e").File("e/f")
            .HardLink("e/g", "e/f").SymbolicLink("dot", ".").HardLink("h", "out").NativeManifest().ToArray();
    }

    private static byte[] Own(string scratch, ChecksumAlgorithm checksum, int generations)
    {
        string root = Directory.CreateDirectory(Path.Join(scratch, "seed")).FullName;
        string folder = Directory.CreateDirectory(Path.Join(root, "dir")).FullName;
        Directory.CreateDirectory(Path.Join(folder, "sub", "empty"));
        File.WriteAllText(Path.Join(folder, "sub", "one"), "one");
        File.WriteAllText(Path.Join(folder, "two"), new string('2', 600));
        File.WriteAllText(Path.Join(folder, new string('n', 120)), "long");
        using (var sparse = File.Create(Path.Join(folder, "sparse")))
        {
            sparse.Position = 70_000;
            sparse.WriteByte(1);
        }

        string file = Path.Join(root, "file");
        File.WriteAllText(file, "a file volume");
        string archive = Path.Join(root, "backup.tar");
        BackupTar.Initialize(archive);
        var config = new VolumeConfig
        {
            Prefix = Prefix,
            Volumes =
            [
                new VolumeSpec { Target = DirectoryTarget, Source = folder },
                new VolumeSpec { Target = FileTarget, Source = file },
            ],
        };
        for (int i = 0; i < generations; i++)
        {
            BackupTar.Backup(archive, config, new BackupOptions { Checksum = checksum, Durable = false });
        }

        byte[] bytes = File.ReadAllBytes(archive);
        Directory.Delete(root, true);
        return bytes;
    }

    /// <summary>A tree in GNU tar's words, with a manifest of the original program; null where there is no GNU tar.</summary>
    private static byte[]? GnuTar(string scratch, string format)
    {
        string root = Directory.CreateDirectory(Path.Join(scratch, "seed")).FullName;
        string id = EntryNames.IdOf(DirectoryTarget);
        string folder = Directory.CreateDirectory(Path.Join(root, Prefix, id)).FullName;
        File.WriteAllText(Path.Join(folder, "a"), "gnu");
        Directory.CreateDirectory(Path.Join(folder, "d", format == "v7" ? "short" : new string('d', 130)));
        File.CreateSymbolicLink(Path.Join(folder, "d", "l"), format == "v7" ? "a" : "../" + new string('t', 150));
        using (var sparse = File.Create(Path.Join(folder, "sparse")))
        {
            sparse.SetLength(100_000);
        }

        File.WriteAllText(Path.Join(root, Prefix, Manifest.FileName), $"- id: {id}\n  type: dir\n  target: {DirectoryTarget}\n");
        var start = new System.Diagnostics.ProcessStartInfo("tar", ["-b1", "-S", "-H", format, "-cf", "out.tar", $"{Prefix}/{id}", $"{Prefix}/{Manifest.FileName}"])
        {
            WorkingDirectory = root,
        };
        try
        {
            using var process = System.Diagnostics.Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0 ? File.ReadAllBytes(Path.Join(root, "out.tar")) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
        finally
        {
            Directory.Delete(root, true);
        }
    }

    /// <summary>Lets any archive be one of a volume: names get the volume's in front, and a manifest follows.</summary>
    private static byte[] AsVolume(byte[] archive)
    {
        var forge = new ArchiveForge(Prefix).Volume(DirectoryTarget);
        var reader = new TarReader(new MemoryBlocks(archive));
        long copied = 0;
        try
        {
            while (reader.Next())
            {
                byte[] name = [.. forge.NameOf(""), (byte)'/', .. reader.Entry.Name.Span];
                forge.Pax(("path", name));
                forge.Append(archive.AsSpan((int)copied, (int)(reader.Entry.NextOffset - copied)));
                copied = reader.Entry.NextOffset;
            }
        }
        catch (TarFormatException)
        {
            forge.Append(archive.AsSpan((int)copied, (archive.Length - (int)copied) / TarLayout.BlockSize * TarLayout.BlockSize));
        }

        return forge.ForeignManifest().ToArray();
    }
}
