using System.Xml.Linq;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Arrows;

/// <summary>
/// Which part may know which. Between assemblies: module manifest → {Loader, PowerShell}, PowerShell → {Engine, Docker}, Docker → Engine.
/// Inside the engine: jobs → {Entries, Archive} → {Tar, FileSystem}; everybody may use Reporting. Nothing points back.
/// </summary>
public sealed class ArrowTests
{
    private const string Engine = "Snapshotter.Engine";

    /// <summary>The parts of the engine, and what each may refer to besides itself.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        // What there is to work with.
        ["Reporting"] = [],
        ["Tar"] = [],
        ["FileSystem"] = ["FileSystem.Linux", "FileSystem.Portable"],
        ["FileSystem.Linux"] = ["FileSystem"],

        // Kernels of 32 bits are served by the portable half, and have the same call for a file's status.
        ["FileSystem.Portable"] = ["FileSystem", "FileSystem.Linux", "Reporting"],
        ["Archive"] = ["Tar", "FileSystem", "Reporting"],
        ["Entries"] = ["Archive", "Tar", "FileSystem", "Reporting"],
        ["Patterns"] = ["Archive", "Reporting"],
        ["Config"] = ["Retention", "Patterns", "Archive", "FileSystem", "Reporting"],
        ["Jobs"] = ["Entries", "Patterns", "Archive", "Tar", "FileSystem", "Reporting"],

        // The jobs: none sees another.
        ["Saving"] = ["Jobs", "Entries", "Config", "Patterns", "Archive", "Tar", "FileSystem", "Reporting"],
        ["Reading"] = ["Jobs", "Entries", "Patterns", "Archive", "Tar", "FileSystem", "Reporting"],
        ["Restoring"] = ["Jobs", "Entries", "Config", "Patterns", "Archive", "Tar", "FileSystem", "Reporting"],
        ["Retention"] = ["Jobs", "Patterns", "Archive", "FileSystem", "Reporting"],

        // The front door.
        [""] = ["Saving", "Reading", "Restoring", "Retention", "Jobs", "Config", "Archive", "FileSystem", "Reporting"],
    };

    [Fact]
    public void Parts_of_the_engine_refer_only_downwards() => Assert.Empty(ForbiddenUses(Allowed));

    [Fact]
    public void Every_room_has_its_row()
    {
        var rooms = typeof(BackupTar).Assembly.GetTypes().Select(PartOf).OfType<string>().Distinct();

        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), rooms.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_namespace_is_a_folder_and_a_public_type_is_found_by_its_name()
    {
        string root = Path.Combine(Repository.Root, "src", Engine);
        var strays = typeof(BackupTar).Assembly.GetExportedTypes()
            .Where(type => !type.IsNested)
            .Where(type => !File.Exists(Path.Combine([root, .. type.Namespace![Engine.Length..].Split('.'), type.Name + ".cs"])));

        Assert.Empty(strays);
    }

    [Theory]
    [InlineData("Saving", "Archive")]
    [InlineData("Restoring", "Entries")]
    [InlineData("Archive", "Tar")]
    [InlineData("Archive", "FileSystem")]
    [InlineData("", "Saving")]
    public void A_reference_that_is_not_allowed_is_found(string part, string used)
    {
        var stricter = new Dictionary<string, string[]>(Allowed) { [part] = [.. Allowed[part].Where(other => other != used)] };

        Assert.Contains(ForbiddenUses(stricter), use => use.EndsWith($" -> {Qualified(used)}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Snapshotter.Engine")]
    [InlineData("Snapshotter.Docker", "Snapshotter.Engine")]
    [InlineData("Snapshotter.Loader")]
    [InlineData("Snapshotter.PowerShell", "Snapshotter.Docker", "Snapshotter.Engine")]
    public void A_project_refers_to_these_projects_only(string project, params string[] expected)
    {
        var references = Items(project, "ProjectReference")
            .Where(item => (string?)item.Attribute("ReferenceOutputAssembly") != "false")
            .Select(item => Path.GetFileNameWithoutExtension(Include(item)));

        Assert.Equal(expected, references.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Snapshotter.Engine", "System.IO.Hashing", "YamlDotNet")]
    [InlineData("Snapshotter.Docker", "Docker.DotNet.Enhanced")]
    [InlineData("Snapshotter.Loader", "PowerShellStandard.Library")]
    [InlineData("Snapshotter.PowerShell", "PowerShellStandard.Library")]
    public void A_project_depends_on_these_packages_only(string project, params string[] expected) =>
        Assert.Equal(expected, Items(project, "PackageReference").Select(Include).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_project_has_its_arrows_checked()
    {
        string[] known = ["Snapshotter.Docker", "Snapshotter.Engine", "Snapshotter.Loader", "Snapshotter.PowerShell"];
        var projects = Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(Path.GetFileName);

        Assert.Equal(known, projects.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_module_loads_the_loader_before_the_cmdlets_and_nothing_else()
    {
        string manifest = File.ReadAllText(Path.Combine(Repository.Root, "module", "Snapshotter.psd1"));
        var assemblies = System.Text.RegularExpressions.Regex.Matches(manifest, @"[\w.]+\.dll").Select(match => match.Value);

        // PowerShell would load a root module, or an assembly that is required, before it calls the loader.
        Assert.Contains("NestedModules", manifest);
        Assert.DoesNotMatch("RootModule|RequiredAssemblies", manifest);
        Assert.Equal(["Snapshotter.Loader.dll", "Snapshotter.PowerShell.dll"], assemblies);
    }

    /// <summary>Lines "type -> namespace" for each reference from a part to one that is not in its list.</summary>
    private static SortedSet<string> ForbiddenUses(Dictionary<string, string[]> allowed)
    {
        var uses = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in typeof(BackupTar).Assembly.GetTypes())
        {
            if (PartOf(type) is not { } part)
            {
                continue;
            }

            foreach (var used in TypeUse.Of(type).Select(PartOf))
            {
                if (used is not null && used != part && !allowed[part].Contains(used))
                {
                    uses.Add($"{type.FullName} -> {Qualified(used)}");
                }
            }
        }

        return uses;
    }

    /// <summary>The part a type belongs to; null for types of others and for what the compiler adds without a namespace.</summary>
    private static string? PartOf(Type type) =>
        type.Assembly != typeof(BackupTar).Assembly || type.Namespace is not { } name || !name.StartsWith(Engine, StringComparison.Ordinal)
            ? null
            : name.Length == Engine.Length ? "" : RoomOf(name[(Engine.Length + 1)..]);

    /// <summary>A folder of the engine; each platform is a room of its own.</summary>
    private static string RoomOf(string name) => name.StartsWith("FileSystem.", StringComparison.Ordinal) ? name : name.Split('.')[0];

    private static string Qualified(string part) => part.Length == 0 ? Engine : $"{Engine}.{part}";

    private static string Include(XElement item) => (string)item.Attribute("Include")!;

    private static IEnumerable<XElement> Items(string project, string kind) =>
        XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj")).Descendants(kind);
}
