using System.Text;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Tests.Support;

/// <summary>Makes a tree from a seed: names of any bytes, links, holes, times, modes, attributes, all that a volume may hold.</summary>
internal sealed class RandomTree(int seed, bool privileged)
{
    private readonly Random random = new(seed);
    private readonly List<(byte[][] Folder, byte[] Name)> files = [];
    private string rootPath = "";

    public void FillIn(string folder)
    {
        rootPath = folder;
        using var root = PlatformFileSystem.Current.OpenDirectory(folder);
        Fill(root, [], random.Next(1, 5));

        // A volume that its owner cannot write to can be restored only by root.
        var metadata = Metadata(FileKind.Directory);
        metadata.Mode |= privileged ? 0 : 0x80;
        root.SetMetadata(metadata);
    }

    private void Fill(IDirectory directory, byte[][] path, int depth)
    {
        var taken = new HashSet<string>();
        int count = random.Next(0, 12);
        for (int i = 0; i < count; i++)
        {
            byte[] name = Name();
            if (!taken.Add(Convert.ToHexString(name)))
            {
                continue;
            }

            switch (random.Next(10))
            {
                case 0 or 1 when depth > 0:
                    directory.CreateDirectory(name, 0x1C0);
                    using (var child = directory.OpenDirectory(name))
                    {
                        Fill(child, [.. path, name], depth - 1);
                        Decorate(child, [], FileKind.Directory);
                    }

                    break;
                case 2:
                    directory.CreateSymbolicLink(name, random.Next(2) == 0 ? Name() : Encoding.UTF8.GetBytes("/" + new string('t', random.Next(1, 300))));
                    Decorate(directory, name, FileKind.SymbolicLink);
                    break;
                case 3 when files.Count > 0:
                    Link(directory, name);
                    break;
                case 4 when privileged:
                    var kind = (FileKind)random.Next((int)FileKind.Fifo, (int)FileKind.BlockDevice + 1);
                    directory.CreateNode(name, kind, 0x1B0, (uint)random.Next(1, 200), (uint)random.Next(1, 200));
                    Decorate(directory, name, kind);
                    break;
                default:
                    MakeFile(directory, name);
                    files.Add((path, name));
                    break;
            }
        }
    }

    private void Link(IDirectory directory, byte[] name)
    {
        var (folder, first) = files[random.Next(files.Count)];
        if (folder.Length == 0)
        {
            // Only files of the root: their folder's handle is at hand from anywhere by its path.
            using var root = PlatformFileSystem.Current.OpenDirectory(rootPath);
            directory.CreateHardLink(name, root, first);
        }
    }

    private void MakeFile(IDirectory directory, byte[] name)
    {
        using var file = directory.CreateFile(name, 0x180);
        int size = random.Next(6) switch
        {
            0 => 0,
            1 => random.Next(1, 512),
            2 => 512 * random.Next(1, 20),
            3 => random.Next(60_000, 70_000),
            4 => random.Next(1, 2_000_000),
            _ => random.Next(1, 20_000),
        };
        if (random.Next(4) == 0)
        {
            // Holes: a few islands of data.
            long length = size + (random.Next(1, 300) * 4096L);
            file.SetLength(length);
            for (int i = random.Next(0, 4); i > 0; i--)
            {
                byte[] island = new byte[random.Next(1, 9000)];
                random.NextBytes(island);
                long at = random.NextInt64(0, length);
                file.Write(island.AsSpan(0, (int)Math.Min(island.Length, length - at)), at);
            }
        }
        else
        {
            byte[] content = new byte[size];
            random.NextBytes(content);
            if (size > 0)
            {
                file.Write(content, 0);
            }
        }

        file.SetMetadata(Metadata(FileKind.Regular));
    }

    private void Decorate(IDirectory directory, ReadOnlySpan<byte> name, FileKind kind)
    {
        if (name.IsEmpty)
        {
            directory.SetMetadata(Metadata(kind));
        }
        else
        {
            directory.SetMetadata(name, Metadata(kind));
        }
    }

    private FileMetadata Metadata(FileKind kind)
    {
        int mode = random.Next(0x200) | (privileged ? random.Next(8) << 9 : 0);
        if (!privileged)
        {
            // What its owner cannot read cannot be saved by its owner, and GNU tar wants to write to what gets attributes.
            mode |= kind == FileKind.Directory ? 0x140 : 0x180;
        }

        List<ExtendedAttribute> attributes = [];
        if (kind is FileKind.Regular or FileKind.Directory && random.Next(5) == 0)
        {
            byte[] value = new byte[random.Next(0, 300)];
            random.NextBytes(value);
            attributes.Add(new ExtendedAttribute(Encoding.UTF8.GetBytes("user." + random.Next(100)), value));
            mode |= 0x80;
        }

        return new FileMetadata
        {
            Kind = kind,
            Mode = mode,
            SetOwner = privileged,
            UserId = (uint)random.Next(0, 100_000),
            GroupId = random.Next(4) == 0 ? 3_000_000u : (uint)random.Next(0, 100_000),
            ModifiedAt = new Timestamp(random.NextInt64(-2_000_000_000, 5_000_000_000), random.Next(3) == 0 ? 0 : random.Next(1_000_000_000)),
            Attributes = attributes,
        };
    }

    private byte[] Name()
    {
        byte[] name = new byte[random.Next(8) == 0 ? random.Next(90, 256) : random.Next(1, 20)];
        bool anyBytes = random.Next(4) == 0;
        for (int i = 0; i < name.Length; i++)
        {
            name[i] = anyBytes ? (byte)random.Next(1, 256) : (byte)random.Next('a', 'z' + 1);
            if (name[i] == '/')
            {
                name[i] = (byte)'\n';
            }
        }

        return name.AsSpan().SequenceEqual("."u8) || name.AsSpan().SequenceEqual(".."u8) ? "dots"u8.ToArray() : name;
    }
}
