using System.Text.RegularExpressions;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Samples;

/// <summary>The sample in the documentation is code that compiles and does what it says.</summary>
public sealed class LibrarySampleTests
{
    [Fact]
    public void The_sample_brings_volumes_back()
    {
        using var folder = new TempFolder();
        folder.WriteFile("volume1/file.txt", "content of volume 1");
        folder.WriteFile("volume1/left-out.tmp", "not saved");
        folder.WriteFile("volume2.txt", "content of volume 2");

        LibrarySample.SaveAndRestore(folder.Path);

        Assert.Equal("content of volume 1", File.ReadAllText(folder["volume1", "file.txt"]));
        Assert.Equal("content of volume 2", File.ReadAllText(folder["volume2.txt"]));
        Assert.False(File.Exists(folder["volume1", "left-out.tmp"]));
        Assert.Equal(["/home/volume2.txt", folder["volume1"]], BackupTar.List(folder["backup.tar"]).Select(v => v.Target).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_documentation_shows_the_sample_as_it_is()
    {
        string source = File.ReadAllText(Path.Combine(Repository.Root, "tests", "Snapshotter.Engine.Tests", "Samples", "LibrarySample.cs"));
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "library.md"));
        string sample = Regex.Match(source, @"// begin of the sample\n(.*?)\n    // end of the sample", RegexOptions.Singleline).Groups[1].Value;
        string shown = Regex.Match(page, "```csharp\nusing [^`]*?\n\n(.*?)\n```", RegexOptions.Singleline).Groups[1].Value;

        Assert.NotEmpty(sample);
        Assert.Equal(Regex.Replace(sample, "^    ", "", RegexOptions.Multiline), shown);
    }
}
