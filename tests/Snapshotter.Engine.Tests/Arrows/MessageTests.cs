using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Snapshotter.Engine.Tests.Arrows;

/// <summary>The engine does not know who calls it: what it says names no cmdlet, no parameter and no container engine.</summary>
public sealed partial class MessageTests
{
    [Fact]
    public void No_text_of_the_engine_speaks_of_those_who_call_it() =>
        Assert.DoesNotContain(Texts(), text => Foreign.IsMatch(text));

    [Theory]
    [InlineData("Create it with Initialize-BackupTar.")]
    [InlineData("wait for it with -Wait.")]
    [InlineData("(--volumes-from or -v)")]
    [InlineData("Docker makes one when the file does not exist")]
    [InlineData("the path as seen inside the container")]
    public void Such_words_are_found(string text) => Assert.Matches(Foreign, text);

    [Theory]
    [InlineData("an X-Ray of the archive")]
    [InlineData("yyyy-MM-dd HH:mm:ss")]
    public void Other_words_are_not(string text) => Assert.DoesNotMatch(Foreign, text);

    [GeneratedRegex(@"(?<![\w-])(Initialize|Backup|Restore|Get|Test|Optimize|Copy)-[A-Z]|(?<![\w-])-[A-Z][a-z]+|--[a-z]|(?i)docker|podman|container")]
    private static partial Regex Foreign { get; }

    /// <summary>All texts in the code of the engine, also the parts of those that are put together.</summary>
    private static List<string> Texts()
    {
        using var file = new PEReader(File.OpenRead(typeof(BackupTar).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var texts = new List<string>();
        for (var handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = metadata.GetNextHandle(handle))
        {
            texts.Add(metadata.GetUserString(handle));
        }

        Assert.Contains(texts, text => text.Contains("does not exist", StringComparison.Ordinal));
        return texts;
    }
}
