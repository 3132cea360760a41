using System.Management.Automation.Language;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>What the build lays in out/.</summary>
public sealed class LayoutTests
{
    /// <summary>What is compiled ahead of time, for each of <see cref="Platforms"/>.</summary>
    private static readonly string[] Compiled =
        ["Snapshotter.Docker.dll", "Snapshotter.Engine.dll", "Snapshotter.PowerShell.dll", "System.IO.Hashing.dll", "YamlDotNet.dll"];

    /// <summary>Those that most people have, and this one.</summary>
    public static TheoryData<string> Platforms => [.. new[] { "linux-x64", "win-x64", ThisPlatform }.Distinct()];

    private static string ThisPlatform =>
        $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

    [Fact]
    public void Module_has_exactly_these_files()
    {
        IEnumerable<string> expected =
        [
            "LICENSE",
            "Snapshotter.Loader.dll",
            "Snapshotter.PowerShell.dll",
            "Snapshotter.psd1",
            "en-US/Snapshotter.PowerShell.dll-Help.xml",
            "en-US/about_Snapshotter.help.txt",
            "lib/Docker.DotNet.Handler.Abstractions.dll",
            "lib/Docker.DotNet.LegacyHttp.dll",
            "lib/Docker.DotNet.NPipe.dll",
            "lib/Docker.DotNet.NativeHttp.dll",
            "lib/Docker.DotNet.Unix.dll",
            "lib/Docker.DotNet.dll",
            "lib/Microsoft.Extensions.DependencyInjection.Abstractions.dll",
            "lib/Microsoft.Extensions.Logging.Abstractions.dll",
            "lib/Microsoft.Net.Http.Client.dll",
            "lib/Snapshotter.Docker.dll",
            "lib/Snapshotter.Engine.dll",
            "lib/System.IO.Hashing.dll",
            "lib/YamlDotNet.dll",
            .. Platforms.SelectMany(platform => Compiled.Select(name => $"lib/{platform.Data}/{name}")),
        ];
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(Repository.Module, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(Repository.Module, path).Replace('\\', '/')).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Assemblies_that_every_platform_loads_are_IL()
        => Assert.All(
            Directory.EnumerateFiles(Repository.Module, "*.dll").Concat(Directory.EnumerateFiles(Path.Join(Repository.Module, "lib"), "Snapshotter.*.dll")),
            path => Assert.False(IsCompiled(path), path));

    [Theory]
    [MemberData(nameof(Platforms))]
    public void Release_build_is_compiled_ahead_of_time(string platform)
        => Assert.All(Compiled, name => Assert.True(IsCompiled(Path.Join(Repository.Module, "lib", platform, name)), name));

    /// <summary>PowerShell asks for the IL by its path, and must take what the loader has loaded for it.</summary>
    [Theory]
    [MemberData(nameof(Platforms))]
    public void Compiled_assembly_is_the_same_as_the_IL(string platform)
        => Assert.All(Compiled, name => Assert.Equal(
            Identity(Path.Join(Repository.Module, name == "Snapshotter.PowerShell.dll" ? "" : "lib", name)),
            Identity(Path.Join(Repository.Module, "lib", platform, name))));

    [Fact]
    public void Compiled_assemblies_are_loaded()
    {
        using var folder = new TestFolder();
        PwshProcess result = PwshProcess.RunCommand($$"""
            $null = Initialize-BackupTar '{{folder.Archive}}'
            $null = Backup-Volume -Config '{{folder["config.yml"]}}' '{{folder.Archive}}'
            [AppDomain]::CurrentDomain.GetAssemblies().Location.Where({ $_.StartsWith('{{Repository.Module}}') }) | Sort-Object
            """);
        Assert.Equal("", result.Error);
        string[] names = ["Snapshotter.Docker.dll", "Snapshotter.Engine.dll", "Snapshotter.PowerShell.dll", "System.IO.Hashing.dll", "YamlDotNet.dll"];
        Assert.Equal(
            [.. names.Select(name => Path.Join(Repository.Module, "lib", ThisPlatform, name)), Path.Join(Repository.Module, "Snapshotter.Loader.dll")],
            result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Manifest_exports_every_cmdlet_and_nothing_else()
    {
        using var folder = new TestFolder();
        using var session = new ModuleSession(folder.Root);
        var module = session.Run("Get-Module Snapshotter")[0];
        string[] exported = [.. ((IEnumerable<string>)session.Run("(Get-Module Snapshotter).ExportedCommands.Keys.ForEach([string])").Select(k => (string)k.BaseObject)).Order()];
        string[] classes = [.. session.Run("(Get-Command Backup-Volume).ImplementingType.Assembly.GetTypes().Where({ $_.IsDefined([System.Management.Automation.CmdletAttribute], $false) }).ForEach({ $a = $_.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false)[0]; \"$($a.VerbName)-$($a.NounName)\" })").Select(k => (string)k.BaseObject).Order()];
        Assert.Equal(classes, exported);
        Assert.Equal(session.Run("(Get-Command Backup-Volume).ImplementingType.Assembly.GetName().Version.ToString(3)")[0].ToString(), module.Version.ToString());
    }

    [Fact]
    public void Scripts_parse()
    {
        string[] scripts = [.. new[] { "build.ps1", "module", "examples", "tests/Pester", "build" }
            .Select(name => Path.Join(Repository.Root, name))
            .SelectMany(path => File.Exists(path) ? [path] : Directory.EnumerateFiles(path, "*.ps*1", SearchOption.AllDirectories))
            .Where(path => Path.GetExtension(path) is ".ps1" or ".psm1" or ".psd1")];
        Assert.NotEmpty(scripts);
        Assert.All(scripts, path =>
        {
            Parser.ParseFile(path, out _, out ParseError[] errors);
            Assert.Empty(errors.Select(e => $"{path}: {e}"));
        });
    }

    private static bool IsCompiled(string path)
    {
        using var reader = new PEReader(File.OpenRead(path));
        return reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size != 0;
    }

    private static (string Name, Version Version, Guid Mvid) Identity(string path)
    {
        using var reader = new PEReader(File.OpenRead(path));
        MetadataReader metadata = reader.GetMetadataReader();
        AssemblyDefinition assembly = metadata.GetAssemblyDefinition();
        return (metadata.GetString(assembly.Name), assembly.Version, metadata.GetGuid(metadata.GetModuleDefinition().Mvid));
    }
}
