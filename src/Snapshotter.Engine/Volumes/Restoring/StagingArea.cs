using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>
/// The folder <c>.snapshotter-&lt;id&gt;</c> in a volume's root while it is restored. In it: <c>new</c>, what is extracted;
/// <c>root</c>, an empty directory that carries the root's metadata; <c>modes</c>, what <see cref="ShutDirectories"/> notes;
/// <c>old</c>, what stood in the volume; and the journal, two empty files. <c>swap</c>: all is extracted and on disk, the
/// old is being moved out. <c>fill</c>: the old is out, the new is being moved in. Whoever finds a journal finishes the job;
/// whoever finds none throws the folder away.
/// </summary>
internal static class StagingArea
{
    private const string Start = ".snapshotter-";

    private static readonly System.Buffers.SearchValues<byte> Hex = System.Buffers.SearchValues.Create("0123456789abcdef"u8);

    public static ReadOnlySpan<byte> New => "new"u8;

    public static ReadOnlySpan<byte> Old => "old"u8;

    public static ReadOnlySpan<byte> Root => "root"u8;

    public static ReadOnlySpan<byte> Modes => "modes"u8;

    public static ReadOnlySpan<byte> SwapMark => "swap"u8;

    public static ReadOnlySpan<byte> FillMark => "fill"u8;

    public static byte[] NameFor(string id) => Encoding.ASCII.GetBytes(Start + id);

    /// <summary>True for a name that a restore may have left in a volume's root: never part of the volume.</summary>
    public static bool IsStaging(ReadOnlySpan<byte> name) =>
        name.Length >= Start.Length + 64 && name.StartsWith(".snapshotter-"u8)
        && !name.Slice(Start.Length, 64).ContainsAnyExcept(Hex);

    /// <exception cref="BackupException">RestoreInterrupted: the volume is half old and half new.</exception>
    public static void RefuseUnfinished(IDirectory root, string id, string path)
    {
        if (!root.TryGetStatus(NameFor(id), out var status) || status.Kind != FileKind.Directory)
        {
            return;
        }

        using var staging = root.OpenDirectory(NameFor(id));
        if (staging.TryGetStatus(SwapMark, out _))
        {
            throw new BackupException(
                BackupError.RestoreInterrupted,
                $"A restore of '{path}' was interrupted while it swapped the old content for the new.",
                path)
            {
                Remedy = Remedy.RestoreAgain,
            };
        }
    }
}
