using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Writes the offsets that generations have now into trailers that still tell those they had before bytes in front of
/// them were cut out. Until that is done an archive is as good as ever, only opened by a walk over its headers.
/// </summary>
internal static class TrailerMender
{
    /// <summary>Mends from the front to the back, so that a last trailer that is right says that all are.</summary>
    /// <returns>How many trailers were mended.</returns>
    /// <exception cref="FileSystemException">A trailer could not be written; those before it are mended.</exception>
    public static int Mend(IFile file, IEnumerable<Generation> generations, bool durable)
    {
        int mended = 0;
        Span<byte> line = stackalloc byte[ManifestTrailer.Size];
        foreach (var generation in generations.OrderBy(g => g.Start))
        {
            long offset = generation.End - line.Length;
            if (generation.Trailer == TrailerState.Moved
                && GenerationExtent.IsSingleRun(file, generation)
                && file.Read(line, offset) == line.Length
                && ManifestTrailer.TryParse(line, out var trailer))
            {
                // The line lies within the last block of a page: it is written whole or not at all.
                file.Write((trailer with { Start = generation.Start, ManifestOffset = generation.ManifestOffset }).ToBytes(), offset);
                mended++;
            }
        }

        if (mended > 0 && durable)
        {
            file.Flush();
        }

        return mended;
    }
}
