namespace Snapshotter.PowerShell.Tests.Support;

/// <summary>A test that has a folder with volumes and a session in it.</summary>
public abstract class ModuleTest : IDisposable
{
    private readonly Lazy<ModuleSession> session;

    protected ModuleTest() => session = new Lazy<ModuleSession>(() => new ModuleSession(Folder.Root));

    protected TestFolder Folder { get; } = new();

    private protected ModuleSession Session => session.Value;

    private protected IReadOnlyList<dynamic> Run(string script) => Session.Run(script);

    /// <summary>The id of the error that a script ends with, the part before the comma.</summary>
    protected string ErrorId(string script) => Session.Fail(script).FullyQualifiedErrorId.Split(',')[0];

    /// <summary>Asserts that a script fails with an error and changes nothing.</summary>
    protected void AssertFails(string errorId, string script)
    {
        string before = Folder.Fingerprint();
        Assert.Equal(errorId, ErrorId(script));
        Assert.Equal(before, Folder.Fingerprint());
    }

    public void Dispose()
    {
        if (session.IsValueCreated)
            Session.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
