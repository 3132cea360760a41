using System.Buffers.Binary;

namespace Snapshotter.Benchmarks.Workloads;

/// <summary>
/// A tree as it may stand on a server: files of 100 B to 50 MiB, nested folders, long names, symbolic and hard links,
/// extended attributes, ACLs and sparse files.
/// </summary>
internal static class MixedFiles
{
    private const double Smallest = 100;
    private const double Largest = 50 * 1024 * 1024;
    private const int PerFolder = 40;

    public static void Create(string directory, int count, long totalBytes, ulong seed)
    {
        var maker = new FileMaker(new SeededRandom(seed));
        var random = maker.Random;
        long[] sizes = Sizes(count, totalBytes, random);
        string folder = directory;
        string previous = "";
        for (int i = 0; i < count; i++)
        {
            if (i % PerFolder == 0)
            {
                int number = i / PerFolder;
                folder = Path.Combine(directory, $"area-{number % 25:D2}", $"project-{number:D4}", "files");
                Directory.CreateDirectory(folder);
            }

            string path = Path.Combine(folder, Name(i));
            switch (i % 100)
            {
                case 7 or 57:
                    File.CreateSymbolicLink(path, Path.GetFileName(previous));
                    continue;
                case 13 or 63:
                    Posix.HardLink(previous, path);
                    continue;
                case 21:
                    maker.CreateSparse(path, 1024 * 1024 + random.Below(15 * 1024 * 1024));
                    break;
                default:
                    maker.Create(path, sizes[i]);
                    break;
            }

            Decorate(path, i, random);
            previous = path;
        }
    }

    private static string Name(int i) => i % 50 == 31
        ? $"a-name-longer-than-the-hundred-bytes-of-a-ustar-header-{new string('x', 60)}-{i:D6}.data"
        : $"file-{i:D6}.data";

    private static void Decorate(string path, int i, SeededRandom random)
    {
        if (i % 10 == 3)
        {
            Span<byte> value = stackalloc byte[32];
            random.Fill(value);
            Posix.SetAttribute(path, "user.bench.tag", value);
        }

        if (i % 40 == 5)
        {
            Posix.SetAttribute(path, "system.posix_acl_access", AccessAcl(1000 + (uint)random.Below(50)));
        }

        if (i % 20 == 9)
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead);
        }
    }

    // linux/posix_acl_xattr.h: version 2, then tag, permissions and id of each entry.
    private static byte[] AccessAcl(uint user)
    {
        const uint none = uint.MaxValue;
        (ushort Tag, ushort Permissions, uint Id)[] entries =
            [(0x01, 6, none), (0x02, 4, user), (0x04, 4, none), (0x10, 4, none), (0x20, 4, none)];
        byte[] bytes = new byte[4 + (entries.Length * 8)];
        bytes[0] = 2;
        for (int i = 0; i < entries.Length; i++)
        {
            var entry = bytes.AsSpan(4 + (i * 8), 8);
            BinaryPrimitives.WriteUInt16LittleEndian(entry, entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], entries[i].Permissions);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], entries[i].Id);
        }

        return bytes;
    }

    /// <summary>Sizes spread over all magnitudes, skewed towards the small so far that the sum comes out as asked.</summary>
    private static long[] Sizes(int count, long totalBytes, SeededRandom random)
    {
        double[] draws = new double[count];
        for (int i = 0; i < count; i++)
        {
            draws[i] = random.NextDouble();
        }

        double low = 0.1, high = 1000;
        for (int step = 0; step < 60; step++)
        {
            double skew = Math.Sqrt(low * high);
            (low, high) = draws.Sum(draw => Size(draw, skew)) > totalBytes ? (skew, high) : (low, skew);
        }

        return Array.ConvertAll(draws, draw => (long)Size(draw, high));
    }

    private static double Size(double draw, double skew) => Smallest * Math.Pow(Largest / Smallest, Math.Pow(draw, skew));
}
