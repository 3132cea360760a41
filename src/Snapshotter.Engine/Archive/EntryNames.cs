using System.Security.Cryptography;
using System.Text;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Archive;

/// <summary>The names that entries have in an archive: <c>prefix/id</c> and what stands below.</summary>
internal static class EntryNames
{
    /// <summary>Characters of a volume's id.</summary>
    public const int IdLength = 64;

    /// <summary>Bytes of one name in a path, saved or read, but on Windows: what most file systems take (NAME_MAX).</summary>
    public const int MaxComponent = 255;

    /// <summary>Most names in a path below a volume's root, saved or read: beyond what any program could make use of.</summary>
    public const int MaxDepth = 16 * 1024;

    /// <summary>The id of a volume: lowercase hex SHA-256 of its target.</summary>
    public static string IdOf(string target) => Hex.Of(SHA256.HashData(Encoding.UTF8.GetBytes(target)));

    /// <summary>
    /// Loads what <see cref="IdOf"/> needs on another thread: the first time in a process it takes as long as finding the
    /// way in an archive, which can go on meanwhile.
    /// </summary>
    public static void PrepareIds() => Task.Run(() => IdOf(""));

    /// <summary>True for what has the form of a volume's id.</summary>
    public static bool IsId(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }
        }

        return text.Length == IdLength;
    }

    /// <inheritdoc cref="IsId(ReadOnlySpan{char})"/>
    public static bool IsId(ReadOnlySpan<byte> text)
    {
        foreach (byte b in text)
        {
            if (!char.IsAsciiHexDigitLower((char)b))
            {
                return false;
            }
        }

        return text.Length == IdLength;
    }

    /// <summary>Joins a prefix (which may be empty) and a name.</summary>
    public static byte[] Join(ReadOnlySpan<byte> prefix, string name)
    {
        byte[] tail = Encoding.UTF8.GetBytes(name);
        return prefix.IsEmpty ? tail : [.. prefix, (byte)'/', .. tail];
    }

    /// <summary>Takes a leading "./" (or several) off, as plain tar writes them.</summary>
    public static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> name)
    {
        while (name.StartsWith("./"u8))
        {
            name = name[2..];
        }

        return name;
    }

    /// <summary>
    /// What a message calls an entry: the place it was saved from, since its name in the archive has the place's hash instead.
    /// </summary>
    /// <param name="root">The name of the volume's root in the archive.</param>
    /// <param name="target">The path that names the volume.</param>
    /// <param name="name">The entry's name as stored; one that is not below the root is shown as it is.</param>
    public static string InVolume(ReadOnlySpan<byte> root, string target, ReadOnlySpan<byte> name)
    {
        var below = TrimStart(name);
        return below.StartsWith(root) && (below.Length == root.Length || below[root.Length] == (byte)'/')
            ? ForMessage([.. Encoding.UTF8.GetBytes(target), .. below[root.Length..].TrimEnd((byte)'/')])
            : ForMessage(name);
    }

    /// <summary>Bytes as text for listings.</summary>
    public static string Display(ReadOnlySpan<byte> name) => NameText.Decode(name);

    /// <summary>Bytes as text for messages, which show it safely: a hostile name may be a megabyte long.</summary>
    public static string ForMessage(ReadOnlySpan<byte> name)
    {
        const int longest = 1024;
        return Display(name[..Math.Min(name.Length, longest)]) + (name.Length > longest ? "..." : "");
    }

    /// <inheritdoc cref="ForMessage(ReadOnlySpan{byte})"/>
    public static string ForMessage(string name)
    {
        const int longest = 256;
        return name.Length > longest ? name[..longest] + "..." : name;
    }

    /// <summary>What a name in a directory is called in a message.</summary>
    public static string PathOf(IDirectory directory, ReadOnlySpan<byte> name) =>
        directory.DisplayPath.TrimEnd('/') + "/" + ForMessage(name);
}
