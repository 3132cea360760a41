using System.Management.Automation;
using System.Runtime.Loader;

namespace Snapshotter.Loader;

/// <summary>
/// What PowerShell calls when it imports the module, before it looks at the cmdlets. A nested module does this in a
/// fraction of the time that a script takes to call it.
/// </summary>
public sealed class ModuleInitializer : IModuleAssemblyInitializer
{
    private static readonly Lazy<ModuleLoadContext> Context = new(() =>
    {
        var context = new ModuleLoadContext();
        AssemblyLoadContext.Default.Resolving += context.Serve;
        context.LoadCmdlets();
        return context;
    });

    /// <summary>Lets the cmdlets find the engine. Only the first import has something to do.</summary>
    public void OnImport() => _ = Context.Value;
}
