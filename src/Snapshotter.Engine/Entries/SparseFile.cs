using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Entries;

/// <summary>Finds the holes of a file.</summary>
internal static class SparseFile
{
    /// <summary>
    /// Lists the runs of data. Where there would be more than a map may have, the shortest holes between them are taken for
    /// data: they read as zeros all the same.
    /// </summary>
    /// <returns>False when there is no hole.</returns>
    public static bool TryFindRuns(IFile file, long size, out List<SparseRun> runs)
    {
        runs = [];
        long shortestHole = 0;
        for (long offset = 0; offset < size;)
        {
            long data = file.NextData(offset);
            if (data >= size || data < offset)
            {
                // Nothing but a hole is left; or the file has shrunk meanwhile, which is noticed where it is read.
                break;
            }

            if (runs.Count == TarEncoder.MaxSparseRuns)
            {
                shortestHole = Join(runs, shortestHole);
            }

            // Whole blocks, as the format wants them; file systems with smaller ones are not known.
            long start = data & ~(long)(TarLayout.BlockSize - 1);
            offset = Math.Min(TarLayout.RoundUp(Math.Max(file.NextHole(data), data + 1)), size);
            Add(runs, new SparseRun(start, offset - start), shortestHole);
        }

        return !(runs.Count == 1 && runs[0] == new SparseRun(0, size));
    }

    /// <summary>Adds a run, or lengthens the last one to its end when the hole between them is too short.</summary>
    private static void Add(List<SparseRun> runs, SparseRun run, long shortestHole)
    {
        if (runs.Count > 0 && run.Offset - (runs[^1].Offset + runs[^1].Length) < shortestHole)
        {
            runs[^1] = new SparseRun(runs[^1].Offset, run.Offset + run.Length - runs[^1].Offset);
        }
        else
        {
            runs.Add(run);
        }
    }

    /// <summary>Joins runs until there is room again. Returns how long a hole must be from now on.</summary>
    private static long Join(List<SparseRun> runs, long shortestHole)
    {
        int most = runs.Count / 2;
        do
        {
            shortestHole = Math.Max(2 * TarLayout.BlockSize, 2 * shortestHole);
            var all = runs.ToArray();
            runs.Clear();
            foreach (var run in all)
            {
                Add(runs, run, shortestHole);
            }
        }
        while (runs.Count > most);

        return shortestHole;
    }
}
