using System.Reflection;
using System.Runtime.Loader;

namespace Snapshotter.Loader;

/// <summary>
/// Keeps the module's packages to themselves: another module may have loaded another version of YamlDotNet, say, into the
/// process, and neither gets to see the other's. What is not in the module's folder <c>lib</c> (PowerShell itself, the
/// framework) comes from where everyone has it.
/// </summary>
internal sealed class ModuleLoadContext() : AssemblyLoadContext("Snapshotter")
{
    private readonly string folder = Path.Join(Path.GetDirectoryName(typeof(ModuleLoadContext).Assembly.Location), "lib");

    /// <summary>Serves what the cmdlets ask for by name. Only our own names: packages are left to whoever wants them.</summary>
    public Assembly? Serve(AssemblyLoadContext asking, AssemblyName wanted) =>
        wanted.Name?.StartsWith("Snapshotter.", StringComparison.Ordinal) == true ? Load(wanted) : null;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string path = Path.Join(folder, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
