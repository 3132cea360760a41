using System.Text.RegularExpressions;

namespace Snapshotter.Engine.Tests.Support;

public sealed class ToolTests
{
    [Fact]
    public void What_is_missing_is_named_with_its_package() =>
        Assert.Equal("'mkfs.btrfs' is not installed: apt-get install btrfs-progs", Tool.MissingMessage("mkfs.btrfs"));

    [Fact]
    public void Packages_are_those_that_CI_installs()
    {
        string ci = File.ReadAllText(Path.Combine(Repository.Root, ".ci", "run"));
        var installed = Regex.Matches(Regex.Match(ci, @"tools=\(([^)]*)\)").Groups[1].Value, @"(\S+):(\S+)");

        Assert.NotEmpty(installed);
        Assert.All(installed.Where(pair => Tool.Packages.ContainsKey(pair.Groups[1].Value)), pair =>
            Assert.Equal(pair.Groups[2].Value, Tool.Packages[pair.Groups[1].Value]));
    }
}
