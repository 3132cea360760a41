using System.Text;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Saving;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>The volumes and archives that jobs are made to fail on, on a simulated disk.</summary>
internal static class Scene
{
    public const string Archive = "/archives/backup.tar";
    public const string Folder = "/volumes/folder";
    public const string Text = "/volumes/text.txt";
    public const string Mounted = "/volumes/mounted.txt";
    public const string Nested = "/volumes/folder/nested/mount";

    /// <summary>Three volumes: a folder with a mount point in it, a file, and a file that is a mount point.</summary>
    public static VolumeConfig Config => new()
    {
        Prefix = "volumes",
        Volumes = [new VolumeSpec { Target = Folder }, new VolumeSpec { Target = Text }, new VolumeSpec { Target = Mounted }],
    };

    /// <summary>How an archive may look before a backup.</summary>
    public static TheoryData<string> Shapes => ["empty", "one generation", "three generations", "padded by GNU tar", "unaligned", "across pages"];

    /// <summary>A disk with the volumes and an archive of that shape, all of it durable.</summary>
    /// <param name="shape">One of <see cref="Shapes"/>.</param>
    /// <param name="isIncomplete">A file that cannot be read is there when the last generation is saved.</param>
    public static MemoryFileSystem Build(string shape, bool isIncomplete = false)
    {
        var fileSystem = new MemoryFileSystem();
        fileSystem.CreateDirectories("/archives");
        fileSystem.CreateDirectories("/volumes");
        Fill(fileSystem, 1);
        fileSystem.CreateDirectories(Nested);
        fileSystem.MarkMountPoint(Nested);
        fileSystem.MarkMountPoint(Mounted);
        using (var archive = fileSystem.OpenOrCreate(Archive))
        {
            archive.Write(Start(shape), 0);
        }
        var generations = shape switch { "one generation" => 1, "three generations" => 3, _ => 0 };
        for (var generation = 1; generation <= generations; generation++)
        {
            Fill(fileSystem, generation);
            if (isIncomplete && generation == generations)
            {
                AddPrecious(fileSystem, Folder);
                fileSystem.Unreadable.Add(Folder + "/precious");
            }
            Backup(fileSystem);
        }
        Fill(fileSystem, generations + 1);

        // What no archive has, where nothing may be removed.
        foreach (var folder in isIncomplete ? new[] { Folder, Folder + "/inner", Nested } : [Nested])
        {
            AddPrecious(fileSystem, folder);
        }
        return fileSystem.Clone();
    }

    public static BackupReport Backup(MemoryFileSystem fileSystem) =>
        new VolumeBackup(fileSystem, Config, new BackupOptions { Readers = 1 }, SilentReporter.Instance).Run(Archive, CancellationToken.None);

    public static List<VolumeReport> Restore(MemoryFileSystem fileSystem, RestoreOptions? options = null)
    {
        var restore = new VolumeRestore(fileSystem, Archive, Config, (options ?? new RestoreOptions()) with { Writers = 1 });
        return restore.Execute(restore.Plan(CancellationToken.None), SilentReporter.Instance, CancellationToken.None).ToList();
    }

    /// <summary>Gives the volumes the content of a version, all else in them removed but the mount point.</summary>
    public static void Fill(MemoryFileSystem fileSystem, int version)
    {
        var random = new Random(version);
        fileSystem.CreateDirectories(Folder);
        using (var folder = fileSystem.OpenDirectory(Folder))
        {
            TreeRemover.RemoveContent(fileSystem.OpenDirectory(Folder), KeepTree.Build(new NestedPlaces(fileSystem), Folder, [Nested]));
            AddFile(folder, "same name", $"content of version {version}");
            AddFile(folder, $"only in {version}", "x");
            AddFile(folder, "empty", "");
            folder.CreateHardLink("second name"u8, folder, "same name"u8);
            folder.CreateSymbolicLink("link"u8, Encoding.UTF8.GetBytes($"target {version}"));
            folder.CreateNode("fifo"u8, FileKind.Fifo, 0x1A4, 0, 0);
            folder.CreateDirectory("inner"u8, 0x1ED);
            using (var inner = folder.OpenDirectory("inner"u8))
            {
                var large = new byte[90_000 + (version * 1000)];
                random.NextBytes(large);
                using (var file = inner.CreateFile("large"u8, 0x1A4))
                {
                    file.Write(large, 0);
                }
                using (var sparse = inner.CreateFile("sparse"u8, 0x1A4))
                {
                    sparse.SetLength(256 << 10);
                    sparse.Write(large.AsSpan(0, 5000), 64 << 10);
                }
                inner.CreateDirectory("empty"u8, 0x1C0);
                inner.CreateSymbolicLink("up"u8, "../../.."u8);
                SetMetadata(inner, version, 0x140);
            }
            if (!folder.TryGetStatus("nested"u8, out _))
            {
                folder.CreateDirectory("nested"u8, 0x1ED);
            }
            using (var nested = folder.OpenDirectory("nested"u8))
            {
                AddFile(nested, "beside the mount", $"{version}");
                if (nested.TryGetStatus("mount"u8, out _))
                {
                    using var mount = nested.OpenDirectory("mount"u8);
                    TreeRemover.RemoveContent(fileSystem.OpenDirectory(Nested), new KeepTree());
                    AddFile(mount, "inside the mount", $"{version}");
                    AddFile(mount, $"only in {version}", "x");
                    SetMetadata(mount, version);
                }
                SetMetadata(nested, version);
            }
            SetMetadata(folder, version);
        }
        using var volumes = fileSystem.OpenDirectory("/volumes");
        foreach (var name in new[] { "text.txt", "mounted.txt" })
        {
            using var file = fileSystem.OpenOrCreate($"/volumes/{name}");
            file.SetLength(0);
            file.Write(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"{name} {version}\n", 500 * version))), 0);
            file.SetMetadata(new FileMetadata { Kind = FileKind.Regular, Mode = 0x1A0, ModifiedAt = new Timestamp(1_500_000_000 + version, 5) });
        }
    }

    private static void AddPrecious(MemoryFileSystem fileSystem, string path)
    {
        using var folder = fileSystem.OpenDirectory(path);
        AddFile(folder, "precious", "precious");
    }

    private static void AddFile(IDirectory directory, string name, string content)
    {
        using var file = directory.CreateFile(Encoding.UTF8.GetBytes(name), 0x180);
        file.Write(Encoding.UTF8.GetBytes(content), 0);
        file.SetMetadata(new FileMetadata
        {
            Kind = FileKind.Regular,
            Mode = 0x1A4,
            SetOwner = true,
            UserId = 1000,
            GroupId = 100,
            ModifiedAt = new Timestamp(1_400_000_000, 123_456_789),
            Attributes = [new ExtendedAttribute("user.note"u8.ToArray(), "value"u8.ToArray())],
        });
    }

    private static void SetMetadata(IDirectory directory, int version, int mode = 0x1ED) => directory.SetMetadata(new FileMetadata
    {
        Kind = FileKind.Directory,
        Mode = mode,
        SetOwner = true,
        UserId = (uint)version,
        ModifiedAt = new Timestamp(1_300_000_000 + version, 1),
    });

    /// <summary>The bytes of the archive before its generations.</summary>
    private static byte[] Start(string shape) => shape switch
    {
        "padded by GNU tar" => Foreign(1000, 10_240),
        // The end marker on one page, and on two.
        "unaligned" => Foreign(1000, 512 * 5),
        "across pages" => Foreign(3000, 512 * 9),
        _ => new byte[1024],
    };

    /// <summary>A ustar archive with one file, as any tar may have written it.</summary>
    private static byte[] Foreign(int size, int length)
    {
        var tar = new byte[length];
        var header = tar.AsSpan(0, 512);
        "readme.txt"u8.CopyTo(header);
        "0000644\0"u8.CopyTo(header[100..]);
        "0000000\0"u8.CopyTo(header[108..]);
        "0000000\0"u8.CopyTo(header[116..]);
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(header[124..]);
        "14000000000\0"u8.CopyTo(header[136..]);
        "        "u8.CopyTo(header[148..]);
        header[156] = (byte)'0';
        "ustar\000"u8.CopyTo(header[257..]);
        var sum = 0;
        foreach (var value in header)
        {
            sum += value;
        }
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0')).CopyTo(header[148..]);
        header[154] = 0;
        tar.AsSpan(512, size).Fill((byte)'r');
        return tar;
    }
}
