using System.Runtime.InteropServices;

namespace Snapshotter.Benchmarks.Measuring;

/// <summary>
/// Makes sure that the machine's free memory is real: a virtual machine hands free pages back to its host, and what
/// uses them next waits until it gets others. That made identical runs differ by three times.
/// </summary>
internal static unsafe partial class FreeMemory
{
    private const nuint HugePage = 2 * 1024 * 1024;
    private const int UseHugePages = 14;

    /// <summary>Linux begins to hand freed pages back to the host after two seconds, and is done soon.</summary>
    private static readonly TimeSpan HandingBack = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Waits until what the run before has freed is back with the host: that work takes a processor from whoever uses both.
    /// </summary>
    public static void Settle() => Thread.Sleep(HandingBack);

    /// <summary>
    /// Touches memory and lets go of it, which leaves it at the front of the free pages: what is read once more, for what is
    /// written, and half of that for the rest.
    /// </summary>
    /// <param name="bytes">What the run will read; at most a quarter of the machine's memory is touched.</param>
    public static void MakeReal(long bytes)
    {
        long most = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;
        nuint size = ((nuint)Math.Min(bytes + (bytes / 2), most) / HugePage * HugePage) + HugePage;
        byte* memory = (byte*)NativeMemory.AlignedAlloc(size, HugePage);
        try
        {
            // Only to be quick: without huge pages it works too.
            _ = madvise(memory, size, UseHugePages);
            for (nuint at = 0; at < size; at += 4096)
            {
                memory[at] = 1;
            }
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(void* address, nuint length, int advice);
}
