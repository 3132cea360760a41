namespace Snapshotter.Engine.Tests.Support;

/// <summary>The source tree the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder that holds Snapshotter.sln.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Snapshotter.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException($"There is no Snapshotter.sln above '{AppContext.BaseDirectory}': run the tests in the repository.");
    }
}
