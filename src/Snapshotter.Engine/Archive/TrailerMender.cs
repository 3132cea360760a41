using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Writes the offsets that generations have now into trailers that still tell those they had before bytes in front of
/// them were cut out. Until that is done an archive is as good as ever, only opened by a walk over its headers.
/// </summary>
internal static class TrailerMender
{
    /// <summary>
    /// Mends the last trailer after all others are on disk: an archive is opened by its last one, so that one being right
    /// says that all are.
    /// </summary>
    /// <exception cref="FileSystemException">A trailer could not be written: it and those behind it want mending still.</exception>
    public static void Mend(ArchiveFile archive, IEnumerable<Generation> generations, bool durable)
    {
        var file = archive.File;
        var moved = generations
            .Where(g => g.Trailer == TrailerState.Moved && GenerationExtent.IsSingleRun(archive, g))
            .OrderBy(g => g.Start)
            .ToList();
        for (int i = 0; i < moved.Count; i++)
        {
            if (i > 0 && i == moved.Count - 1)
            {
                Flush(file, durable);
            }

            Mend(file, moved[i]);
        }

        if (moved.Count > 0)
        {
            Flush(file, durable);
        }
    }

    /// <summary>The line lies within the last block of a page, and its check is not changed: half of it written, its offsets can still be found.</summary>
    private static void Mend(IFile file, Generation generation)
    {
        Span<byte> line = stackalloc byte[ManifestTrailer.Size];
        long offset = generation.End - line.Length;
        if (file.Read(line, offset) == line.Length && ManifestTrailer.TryParse(line, out var trailer))
        {
            file.Write((trailer with { Start = generation.Start, ManifestOffset = generation.ManifestOffset }).ToBytes(), offset);
        }
    }

    private static void Flush(IFile file, bool durable)
    {
        if (durable)
        {
            file.Flush();
        }
    }
}
