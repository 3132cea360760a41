using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Snapshotter.PowerShell.Tests.Support;

/// <summary>The real PowerShell engine in this process, with the built module imported and $PWD in a folder.</summary>
internal sealed class ModuleSession : IDisposable
{
    private readonly Runspace runspace;

    public ModuleSession(string workingFolder, PSThreadOptions threads = PSThreadOptions.Default)
    {
        Assert.True(File.Exists(Path.Join(Repository.Module, "Snapshotter.psd1")), $"Build first: there is no module in {Repository.Module}.");
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([Repository.Module]);
        runspace = RunspaceFactory.CreateRunspace(Host, state);
        runspace.ThreadOptions = threads;
        runspace.Open();
        runspace.SessionStateProxy.Path.SetLocation(WildcardPattern.Escape(workingFolder));
    }

    public TestHost Host { get; } = new();

    /// <summary>A pipeline to configure and run oneself.</summary>
    public System.Management.Automation.PowerShell Create(string script)
        => System.Management.Automation.PowerShell.Create(runspace).AddScript(script);

    /// <summary>Runs a script; errors that do not end it are failures of the test.</summary>
    public IReadOnlyList<dynamic> Run(string script)
    {
        using var shell = Create(script);
        var results = shell.Invoke();
        Assert.Empty(shell.Streams.Error.Select(e => e.ToString()));
        return [.. results];
    }

    /// <summary>The one result of a script, as the .NET object that it is.</summary>
    public T Value<T>(string script)
    {
        using var shell = Create(script);
        return Assert.IsType<T>(Assert.Single(shell.Invoke()).BaseObject);
    }

    /// <summary>Runs a script that must fail, and returns its first error, which ended it or not.</summary>
    public ErrorRecord Fail(string script)
    {
        using var shell = Create(script);
        try
        {
            shell.Invoke();
        }
        catch (RuntimeException e)
        {
            return e.ErrorRecord;
        }

        return Assert.Single(shell.Streams.Error);
    }

    public void SetVariable(string name, object? value) => runspace.SessionStateProxy.SetVariable(name, value);

    public void Dispose() => runspace.Dispose();
}
