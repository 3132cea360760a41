using System.Text.RegularExpressions;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Samples;

/// <summary>What the documentation says of files, error ids and configurations is so.</summary>
public sealed class DocumentationTests
{
    public static TheoryData<string> Pages => new(
        Directory.GetFiles(Repository.Root, "*.md")
            .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Repository.Root, path)));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_to_files_and_headings(string page)
    {
        string path = Path.Combine(Repository.Root, page);
        var links = Regex.Matches(Prose(File.ReadAllText(path)), @"\]\((?!https?://)([^)#]*)(#[^)]*)?\)");
        foreach (Match link in links)
        {
            string target = link.Groups[1].Length == 0 ? path : Path.Combine(Path.GetDirectoryName(path)!, link.Groups[1].Value);

            Assert.True(Path.Exists(target), $"{page} links to '{link.Groups[1].Value}', which does not exist.");
            if (link.Groups[2].Length > 0)
            {
                Assert.Contains(link.Groups[2].Value, Headings(target));
            }
        }
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/config.md")]
    public void Configurations_shown_are_valid(string page)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, page));
        string yaml = Regex.Match(text, "```yaml\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;

        var config = VolumeConfigFile.Parse(yaml, page);

        Assert.Equal("volumes/busy_lewin", config.Prefix);
        Assert.Equal(["/home/volume1", "/home/volume2.txt"], config.Volumes.Select(volume => volume.Target));
        Assert.Equal(["*.tmp", "cache/**"], config.Exclude);
        Assert.Equal(new RetentionPolicy { Last = 7, Monthly = 12 }, config.Keep);
    }

    [Fact]
    public void The_table_of_error_ids_is_complete()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "exit-codes.md"));
        var listed = Regex.Matches(text, @"^\| `(\w+)` \| \w", RegexOptions.Multiline).Select(match => match.Groups[1].Value);

        Assert.Superset(Enum.GetNames<BackupError>().ToHashSet(), listed.ToHashSet());
    }

    /// <summary>Without code, in which brackets mean something else.</summary>
    private static string Prose(string text) => Regex.Replace(text, "```.*?```|`[^`\n]*`", "", RegexOptions.Singleline);

    /// <summary>The anchors that headings get: lower case, no punctuation, hyphens for blanks.</summary>
    private static IEnumerable<string> Headings(string path) => Regex
        .Matches(File.ReadAllText(path), "^#+ (.*)$", RegexOptions.Multiline)
        .Select(match => "#" + Regex.Replace(match.Groups[1].Value.ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-'));
}
