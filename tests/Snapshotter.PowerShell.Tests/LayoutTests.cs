using System.Management.Automation.Language;
using System.Reflection.PortableExecutable;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>What the build lays in out/.</summary>
public sealed class LayoutTests
{
    [Fact]
    public void Module_has_exactly_these_files()
    {
        string[] expected =
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
        ];
        Assert.Equal(expected, Directory.EnumerateFiles(Repository.Module, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Module, path).Replace('\\', '/')).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("module/Snapshotter/Snapshotter.PowerShell.dll")]
    [InlineData("module/Snapshotter/lib/Snapshotter.Engine.dll")]
    [InlineData("module/Snapshotter/lib/YamlDotNet.dll")]
    [InlineData("module/Snapshotter/Snapshotter.Loader.dll")]
    public void Release_build_is_compiled_ahead_of_time(string assembly)
    {
        using var stream = File.OpenRead(Path.Join(Repository.Root, "out", assembly));
        using var reader = new PEReader(stream);
        Assert.NotEqual(0, reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size);
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
}
