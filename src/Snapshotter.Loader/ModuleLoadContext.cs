using System.Reflection;
using System.Runtime.Loader;

namespace Snapshotter.Loader;

/// <summary>
/// Keeps the module's assemblies to themselves: another module may have loaded another version of YamlDotNet, say,
/// into the process, and neither gets to see the other's. What is not in the module's folder (PowerShell itself, the
/// framework) comes from where everyone has it.
/// </summary>
public sealed class ModuleLoadContext : AssemblyLoadContext
{
    private const string MainAssembly = "Snapshotter.PowerShell";

    private static readonly Lazy<Assembly> Cmdlets =
        new(() => new ModuleLoadContext().LoadFromAssemblyName(new AssemblyName(MainAssembly)));

    private readonly string folder = Path.Join(Path.GetDirectoryName(typeof(ModuleLoadContext).Assembly.Location), "lib");

    private ModuleLoadContext()
        : base("Snapshotter")
    {
    }

    /// <summary>Loads the assembly that holds the cmdlets; later calls return the same.</summary>
    /// <returns>The assembly to import.</returns>
    public static Assembly LoadCmdlets() => Cmdlets.Value;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string path = Path.Join(folder, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
