using System.Runtime.ExceptionServices;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Reads an archive that somebody else may be appending to. Until it is committed what is appended is none of a reader's
/// business; and what looks like damage may only be a look at the wrong moment, so it is believed when nobody writes and
/// nothing has moved meanwhile, or when it stays the same however often one looks.
/// </summary>
internal static class ReaderBesideWriter
{
    /// <summary>Looks that find the same before it is believed although somebody is writing.</summary>
    private const int Confirmations = 4;

    /// <summary>Looks in all: somebody may be writing without a pause.</summary>
    private const int MaxLooks = 60;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(240);

    /// <summary>Reads until what is found can be believed.</summary>
    /// <param name="archive">The archive, open for reading.</param>
    /// <param name="read">One look.</param>
    /// <param name="cancellation">Ends the waiting between two looks.</param>
    public static ArchiveMap Read(ArchiveFile archive, Func<ArchiveMap> read, CancellationToken cancellation)
    {
        if (archive.IsWriter)
        {
            return read();
        }

        string? last = null;
        int same = 0;
        var pause = FirstPause;
        for (int looks = 1; ; looks++)
        {
            bool hadWriter = archive.HasWriter();
            var before = archive.Stamp();
            var look = Look(archive, read);
            if (look.Oddity is not { } oddity)
            {
                return look.Map!;
            }

            same = oddity == last ? same + 1 : 1;
            last = oddity;
            bool isQuiet = !hadWriter && !archive.HasWriter() && archive.Stamp() == before;
            if (isQuiet && look.Map?.Tail is TailState.InterruptedAppend)
            {
                // Where a file system has no locks only time tells who is dead.
                cancellation.WaitHandle.WaitOne(FirstPause);
                isQuiet = archive.Stamp() == before;
            }

            if (isQuiet || same == Confirmations || looks == MaxLooks)
            {
                look.Damage?.Throw();
                return look.Map!;
            }

            cancellation.WaitHandle.WaitOne(pause);
            cancellation.ThrowIfCancellationRequested();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private static (ArchiveMap? Map, ExceptionDispatchInfo? Damage, string? Oddity) Look(ArchiveFile archive, Func<ArchiveMap> read)
    {
        try
        {
            var map = read();
            if (map.Tail != TailState.Clean && archive.HasWriter())
            {
                map = map with { Tail = TailState.Clean };
            }

            var damaged = map.Generations.FirstOrDefault(g => g.Damage is not null);
            return (map, null, damaged is not null ? $"generation at {damaged.Start}"
                : map.Tail != TailState.Clean ? $"{map.Tail} at {map.End}" : null);
        }
        catch (BackupException e) when (ArchiveErrors.IsDamage(e))
        {
            return (null, ExceptionDispatchInfo.Capture(e), $"{e.Error} at {e.Offset}");
        }
    }
}
