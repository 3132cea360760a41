using System.Text;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// The first entry of each generation carries a pax <c>comment</c> record that covers its third block: the first that is
/// written while the first two are held back. By it an append that was killed before its commit is told from anything
/// else that may stand behind an end-of-archive marker (a second archive, the rest of a disk image), which must never be
/// cut off.
/// </summary>
internal static class GenerationMark
{
    /// <summary>Where the record ends, from the generation's first byte.</summary>
    private const int BehindRecord = 3 * TarLayout.BlockSize;

    private static readonly byte[] Text = Encoding.ASCII.GetBytes("Snapshotter generation, committed when the blocks before it are not zero. ");

    /// <summary>
    /// The value of the comment record: with its length and keyword the record is 1024 bytes, so that as the first record
    /// of a pax header it fills exactly the two blocks behind the pax header's own block.
    /// </summary>
    public static ReadOnlyMemory<byte> Comment { get; } = MakeComment();

    /// <summary>True when the mark stands where a generation that begins at the offset has it.</summary>
    public static bool StandsAt(IBlockSource source, long generationStart)
    {
        Span<byte> block = stackalloc byte[TarLayout.BlockSize];
        int inRecord = TarLayout.BlockSize - "1024 comment=".Length;
        return source.Read(block, generationStart + TarLayout.EndMarkerSize) == block.Length
            && block[..^1].SequenceEqual(Comment.Span.Slice(inRecord, TarLayout.BlockSize - 1));
    }

    /// <summary>True when the headers of an entry begin with the mark: a generation begins there.</summary>
    public static bool IsIn(ReadOnlySpan<byte> headers) =>
        headers.Length > BehindRecord
        && headers[(BehindRecord - TarLayout.BlockSize)..(BehindRecord - 1)].SequenceEqual(Comment.Span[^(TarLayout.BlockSize - 1)..]);

    private static byte[] MakeComment()
    {
        byte[] value = new byte[(2 * TarLayout.BlockSize) - "1024 comment=\n".Length];
        for (int i = 0; i < value.Length; i++)
        {
            value[i] = Text[i % Text.Length];
        }

        return value;
    }
}
