using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Snapshotter.Loader;

/// <summary>
/// Keeps the module's packages to themselves: another module may have loaded another version of YamlDotNet, say, into the
/// process, and neither gets to see the other's. What is not in the module's folder <c>lib</c> (PowerShell itself, the
/// framework) comes from where everyone has it. What is there in a folder of this platform is compiled for it ahead of time,
/// and is taken first.
/// </summary>
internal sealed class ModuleLoadContext : AssemblyLoadContext
{
    private const string Cmdlets = "Snapshotter.PowerShell";

    private readonly string folder;
    private readonly string compiledFolder;

    public ModuleLoadContext()
        : base("Snapshotter")
    {
        folder = Path.Join(Path.GetDirectoryName(typeof(ModuleLoadContext).Assembly.Location), "lib");
        // Not the runtime's own identifier: where a distribution built it, that is the distribution's.
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        compiledFolder = Path.Join(folder, $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}");
    }

    /// <summary>
    /// Loads the compiled cmdlets where everyone sees them. PowerShell, which is about to ask for the same assembly without
    /// compiled code, then gets this one.
    /// </summary>
    public void LoadCmdlets()
    {
        if (Compiled(Cmdlets) is { } path)
            Default.LoadFromAssemblyPath(path);
    }

    /// <summary>Serves what the cmdlets ask for by name. Only our own names: packages are left to whoever wants them.</summary>
    public Assembly? Serve(AssemblyLoadContext asking, AssemblyName wanted) =>
        wanted.Name?.StartsWith("Snapshotter.", StringComparison.Ordinal) == true ? Load(wanted) : null;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string path = Compiled(assemblyName.Name) ?? Path.Join(folder, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }

    private string? Compiled(string? name)
    {
        string path = Path.Join(compiledFolder, name + ".dll");
        return File.Exists(path) ? path : null;
    }
}
