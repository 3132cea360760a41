using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Fuzz;

/// <summary>
/// Changes archives where it hurts: fields of headers (their checksum mended afterwards), entries moved, doubled or left
/// out, pax records put in front, bytes and lengths anywhere; then, mostly, manifests are made to fit again.
/// </summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds)
{
    private static readonly string Root = Corpus.Prefix + "/" + EntryNames.IdOf(Corpus.DirectoryTarget);

    private static readonly string[] Paths =
    [
        "", "/..", "/../x", "/a/../../x", "/a", "/a/b", "/d", "/d/l", "/d/l/x", "/out/x", "/out", "/dot/x", "/h", "-evil/x", "/./a", "//a", "/a/",
        "/e/f/g", "/.snapshotter-" + "00", "/.", "/ ", "/\u00e9", "/\\..\\x", "/C:x", "/con", "/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d",
    ];

    private static readonly long[] Numbers =
    [
        0, 1, -1, 511, 512, 513, 1024, 4096, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue, 1L << 40, 0x1FFFFFFFF, 8 * 1024 * 1024,
        (8 * 1024 * 1024) + 1, 1 << 20, uint.MaxValue,
    ];

    private static readonly string[] Keys =
    [
        "path", "linkpath", "size", "uid", "gid", "mtime", "uname", "comment", "GNU.sparse.major", "GNU.sparse.minor", "GNU.sparse.name",
        "GNU.sparse.realsize", "GNU.sparse.size", "GNU.sparse.numblocks", "GNU.sparse.map", "GNU.sparse.offset", "GNU.sparse.numbytes",
        "SCHILY.xattr.user.a", "SCHILY.xattr.", "SCHILY.xattr.security.capability", "SCHILY.acl.access", "SCHILY.acl.default",
        "SCHILY.devmajor", "LIBARCHIVE.xattr.user.b", "hdrcharset", "x",
    ];

    public byte[] Mutate(Random random)
    {
        byte[] input = [.. seeds[random.Next(seeds.Count)]];
        for (int changes = 1 + random.Next(1, 4) * random.Next(0, 3); changes > 0; changes--)
        {
            input = Change(input, random);
        }

        switch (random.Next(5))
        {
            case 0:
                break;
            case 1:
                NativeSeal.Trailers(input);
                break;
            default:
                input = NativeSeal.Encode(input, dropSums: random.Next(4) > 0);
                break;
        }

        return input;
    }

    private byte[] Change(byte[] input, Random random)
    {
        var headers = Headers(input);
        if (headers.Count == 0)
        {
            return ChangeBytes(input, random);
        }

        int header = headers[random.Next(headers.Count)];
        switch (random.Next(12))
        {
            case 0:
                return ChangeBytes(input, random);
            case 1:
                return random.Next(8) == 0 ? input[..random.Next(input.Length + 1)] : input;
            case 2:
                return Remove(input, header, headers, random);
            case 3:
            case 4:
                return Insert(input, header, Entry(headers, seeds[random.Next(seeds.Count)], random));
            case 5:
            case 6:
                return Insert(input, header, PaxOf(random));
            default:
                ChangeHeader(input.AsSpan(header, TarLayout.BlockSize), random);
                return input;
        }
    }

    private static List<int> Headers(byte[] input)
    {
        var headers = new List<int>();
        for (int at = 0; at + TarLayout.BlockSize <= input.Length; at += TarLayout.BlockSize)
        {
            var block = input.AsSpan(at, TarLayout.BlockSize);
            if (!TarBlock.IsZero(block) && TarBlock.HasValidChecksum(block))
            {
                headers.Add(at);
            }
        }

        return headers;
    }

    private static byte[] ChangeBytes(byte[] input, Random random)
    {
        for (int count = random.Next(1, 6); count > 0 && input.Length > 0; count--)
        {
            int at = random.Next(input.Length);
            input[at] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)(input[at] ^ (1 << random.Next(8))),
                _ => (byte)"0123456789\n ,:-/.="[random.Next(18)],
            };
        }

        return input;
    }

    private static byte[] Remove(byte[] input, int header, List<int> headers, Random random)
    {
        int next = headers.Find(h => h > header);
        int end = next > 0 && random.Next(3) > 0 ? next : Math.Min(input.Length, header + TarLayout.BlockSize);
        return [.. input.AsSpan(0, header), .. input.AsSpan(end)];
    }

    private static byte[] Insert(byte[] input, int at, byte[] blocks) => [.. input.AsSpan(0, at), .. blocks, .. input.AsSpan(at)];

    /// <summary>An entry of another seed, headers and data.</summary>
    private static byte[] Entry(List<int> headers, byte[] seed, Random random)
    {
        var others = Headers(seed);
        if (others.Count == 0 || headers.Count > 500)
        {
            return [];
        }

        int index = random.Next(others.Count);
        int end = index + 1 < others.Count ? others[Math.Min(others.Count - 1, index + random.Next(1, 3))] : seed.Length;
        return seed[others[index]..end];
    }

    private static byte[] PaxOf(Random random)
    {
        var forge = new ArchiveForge();
        var records = Enumerable.Range(0, random.Next(1, 4)).Select(_ => (Keys[random.Next(Keys.Length)], Value(random))).ToArray();
        return forge.Pax(records).ToArray()[..^TarLayout.EndMarkerSize];
    }

    private static string Value(Random random) => random.Next(6) switch
    {
        0 => Root + Paths[random.Next(Paths.Length)],
        1 => Numbers[random.Next(Numbers.Length)].ToString(System.Globalization.CultureInfo.InvariantCulture),
        2 => random.Next(5000).ToString(System.Globalization.CultureInfo.InvariantCulture),
        3 => string.Join(',', Enumerable.Range(0, random.Next(8)).Select(_ => random.Next(4) * 512)),
        4 => new string('v', random.Next(3000)),
        _ => "user::rwx,user:5:r--,group::r-x,mask::rwx,other::--x",
    };

    private static void ChangeHeader(Span<byte> block, Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                block[HeaderField.TypeFlagOffset] = (byte)"01234567SLKxgXDVMA\0"[random.Next(19)];
                break;
            case 1:
                HeaderField.Size.WriteNumber(block, random.Next(2) == 0 ? Numbers[random.Next(Numbers.Length)] : random.Next(3000));
                break;
            case 2:
                SetText(block, HeaderField.Name, Root + Paths[random.Next(Paths.Length)]);
                break;
            case 3:
                SetText(block, HeaderField.LinkName, random.Next(2) == 0 ? Paths[random.Next(Paths.Length)].TrimStart('/') : Root + Paths[random.Next(Paths.Length)]);
                break;
            case 4:
                HeaderField.Mode.WriteNumber(block, random.Next(0x1000));
                break;
            case 5:
                HeaderField[] numbers = [HeaderField.UserId, HeaderField.GroupId, HeaderField.Modified, HeaderField.DeviceMajor, HeaderField.DeviceMinor];
                numbers[random.Next(numbers.Length)].WriteNumber(block, Numbers[random.Next(Numbers.Length)]);
                break;
            case 6:
                (random.Next(2) == 0 ? HeaderField.GnuMagic : HeaderField.PosixMagic).CopyTo(HeaderField.Magic.Of(block));
                break;
            default:
                block[random.Next(TarLayout.BlockSize)] = (byte)random.Next(256);
                break;
        }

        TarBlock.Seal(block);
    }

    private static void SetText(Span<byte> block, HeaderField field, string text)
    {
        field.Of(block).Clear();
        field.WriteText(block, ArchiveForge.Bytes(text));
    }
}
