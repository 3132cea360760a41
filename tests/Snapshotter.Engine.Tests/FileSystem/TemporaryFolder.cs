namespace Snapshotter.Engine.Tests.FileSystem;

/// <summary>A folder of its own for a test, removed with all it holds.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        FullPath = Directory.CreateTempSubdirectory("snapshotter-test-").FullName;
    }

    public string FullPath { get; }

    public string this[string name] => Path.Combine(FullPath, name);

    public void Dispose()
    {
        Directory.Delete(FullPath, recursive: true);
    }
}
