using System.Text;
using CsCheck;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace Snapshotter.Engine.Tests.Archive;

/// <summary>The manifest's text is read by its own short reader as a YAML library reads it.</summary>
[OnWindowsToo]
public sealed class ManifestLinesTests
{
    [Theory]
    [InlineData("/data")]
    [InlineData("/a \"quoted\" \\ name: with # signs")]
    [InlineData("/line\nfeed\ttab\r\u0085\u2028\u0007")]
    [InlineData("/ümläut/日本/😀")]
    [InlineData("/- [x] {y} & * ! | > ' % @ `")]
    [InlineData("C:\\Data\\x")]
    public void Any_target_is_read_back_and_is_the_same_in_yaml(string target) => Check(target);

    [Fact]
    public void Random_targets_are_the_same_in_yaml() => Gen.String.Where(IsWellFormed).Sample(target => Check("/" + target));

    [Theory]
    [InlineData("")]
    [InlineData("[]\n")]
    [InlineData("# only a comment\n")]
    [InlineData("- id: a\n   type: dir\n")]
    [InlineData("- id: a\n  type: dir # file\n")]
    [InlineData("- id: a\n  type: 'dir'\n")]
    [InlineData("- id: a\n  target: |\n  x\n")]
    [InlineData("- id: a\n  target: \"x\\n\"\n")]
    [InlineData("- id: a\n  target: \"x\n")]
    [InlineData("- id: a\n  target: \"x\" y\"\n")]
    [InlineData("- id: a\n  target: *x\n")]
    [InlineData("- id: a\n  target:\n")]
    [InlineData("- id: a\n  id: b\n")]
    [InlineData("  id: a\n")]
    [InlineData("- id: a\n...\n")]
    [InlineData("---\n- id: a\n")]
    [InlineData("- id: a\r\n  type: dir\r\n")]
    public void What_it_does_not_write_is_left_to_the_library(string text) => Assert.Null(ManifestLines.TryRead(text));

    [Fact]
    public void Without_volumes_it_is_an_empty_list() => Assert.Empty(ManifestYaml.Read("[]\n"u8, "x").Volumes);

    private static void Check(string target)
    {
        ManifestVolume[] volumes = [Volume(target), Volume(target + "2") with { IsDirectory = false, Complete = false, Entries = null }];
        string text = ManifestLines.Write(volumes);

        Assert.NotNull(ManifestLines.TryRead(text));
        var read = ManifestYaml.Read(Encoding.UTF8.GetBytes(text), "x");
        Assert.Null(read.Damage);
        Assert.Equal(volumes, read.Volumes);

        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        var list = Assert.IsType<YamlSequenceNode>(yaml.Documents.Single().RootNode);
        Assert.Equal(target, ((YamlScalarNode)list[0]["target"]).Value);
        Assert.Equal("dir", ((YamlScalarNode)list[0]["type"]).Value);
        Assert.Equal("file", ((YamlScalarNode)list[1]["type"]).Value);
        Assert.Equal("2026-01-02T03:04:05.6000000Z", ((YamlScalarNode)list[0]["created"]).Value);
    }

    private static ManifestVolume Volume(string target) => new()
    {
        Id = "bd47413b5c03dfc6e4b5b8143fe205eae10ecaf0c28b426be98d74cff48c7453",
        IsDirectory = true,
        Target = target,
        Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 600, TimeSpan.Zero),
        Generation = 7,
        Entries = 22,
        Bytes = long.MaxValue,
        Checksum = ChecksumNames.XxHash128,
        Offset = 0,
        Length = 55808,
        Headers = "d39a192473992c1c80c3112e6bdb9085",
    };

    private static bool IsWellFormed(string text) =>
        text.Length == new UTF8Encoding(false, true).GetString(Encoding.UTF8.GetBytes(text)).Length && !text.Contains('\uFFFD');
}
