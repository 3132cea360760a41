using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Patterns;

[OnWindowsToo]
public sealed class GlobSetTests
{
    [Theory]
    [InlineData("*.tmp", "a.tmp", true)]
    [InlineData("*.tmp", "x/y/a.tmp", true)]
    [InlineData("*.tmp", ".tmp", true)]
    [InlineData("*.tmp", "a.tmp2", false)]
    [InlineData("*.tmp", "a.tmp/b", false)]
    [InlineData("cache", "cache", true)]
    [InlineData("cache", "x/cache", true)]
    [InlineData("cache", "cache2", false)]
    [InlineData("cache/**", "cache", false)]
    [InlineData("cache/**", "cache/a", true)]
    [InlineData("cache/**", "cache/a/b", true)]
    [InlineData("cache/**", "x/cache/a", false)]
    [InlineData("/cache", "cache", true)]
    [InlineData("/cache", "x/cache", false)]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "x/a/b", false)]
    [InlineData("a/*", "a/b", true)]
    [InlineData("a/*", "a/b/c", false)]
    [InlineData("a/*/c", "a/b/c", true)]
    [InlineData("**/b", "b", true)]
    [InlineData("**/b", "a/a/b", true)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a/**/b", "a/x/y/c", false)]
    [InlineData("a/**/**/b", "a/b", true)]
    [InlineData("**/x/**/y/z", "x/y/x/y/z", true)]
    [InlineData("**/x/**/y/z", "x/y/x/z/y", false)]
    [InlineData("**", "a", true)]
    [InlineData("**", "a/b", true)]
    [InlineData("a**b", "axyb", true)]
    [InlineData("a**b", "ax/yb", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "aéc", true)]
    [InlineData("a?c", "a😀c", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("a?c", "a/c", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[a-c]x", "dx", false)]
    [InlineData("[!a-c]x", "dx", true)]
    [InlineData("[^a-c]x", "ax", false)]
    [InlineData("[]]x", "]x", true)]
    [InlineData("[!]]x", "]x", false)]
    [InlineData("[a-]x", "-x", true)]
    [InlineData("[-a]x", "-x", true)]
    [InlineData("[[]x", "[x", true)]
    [InlineData("[*?]", "*", true)]
    [InlineData("[*?]", "a", false)]
    [InlineData("[α-ω]", "λ", true)]
    [InlineData("x]", "x]", true)]
    [InlineData("a\\b", "a\\b", true)]
    [InlineData("A", "a", false)]
    [InlineData("*", ".hidden", true)]
    [InlineData("*a*b*c*", "xaxbxcx", true)]
    [InlineData("*a*b*c*", "xaxcxbx", false)]
    public void Matches_names_and_paths(string pattern, string path, bool matches)
    {
        // No name of Windows has a backslash, so there it separates names in patterns.
        bool canMatch = !OperatingSystem.IsWindows() || !path.Contains('\\', StringComparison.Ordinal);
        Assert.Equal(matches && canMatch, Create(pattern).Matches(Encoding.UTF8.GetBytes(path), false));
    }

    [Theory]
    [InlineData("cache/", "cache", true, true)]
    [InlineData("cache/", "cache", false, false)]
    [InlineData("cache/", "x/cache", true, true)]
    [InlineData("x/cache/", "x/cache", true, true)]
    [InlineData("**/", "a", true, true)]
    [InlineData("**/", "a", false, false)]
    [InlineData("cache", "cache", true, true)]
    public void A_trailing_slash_takes_directories_only(string pattern, string path, bool isDirectory, bool matches)
        => Assert.Equal(matches, Create(pattern).Matches(Encoding.UTF8.GetBytes(path), isDirectory));

    [Theory]
    [InlineData("GRÖSSE.[A-Z]*", "größe.txt", false)]
    [InlineData("GRÖẞE.[A-T]*", "größe.txt", true, Skip = Wine.HasNoRareLetters, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsRunning))]
    [InlineData("größe.[!A-S]*", "GRÖßE.TXT", true)]
    [InlineData("[!a]", "A", false)]
    public void Case_may_be_ignored(string pattern, string path, bool matches)
        => Assert.Equal(matches, GlobSet.Create([pattern], false).Matches(Encoding.UTF8.GetBytes(path), false));

    [Fact]
    public void Bytes_that_are_no_utf_8_are_characters()
    {
        Assert.True(Create("a?c").Matches([(byte)'a', 0xE4, (byte)'c'], false));
        Assert.True(Create("a*c").Matches([(byte)'a', 0xFF, 0xE4, (byte)'c'], false));
        Assert.False(Create("aäc").Matches([(byte)'a', 0xE4, (byte)'c'], false));
    }

    [Theory]
    [InlineData("cache", "cache/a/b", false, true)]
    [InlineData("cache/", "cache/a", false, true)]
    [InlineData("cache/", "cache", false, false)]
    [InlineData("b", "a/b/c", false, true)]
    [InlineData("/b", "a/b/c", false, false)]
    [InlineData("a/*", "a/b/c", true, true)]
    public void What_is_below_a_match_matches_the_tree(string pattern, string path, bool isDirectory, bool matches)
        => Assert.Equal(matches, Create(pattern).MatchesTree(Encoding.UTF8.GetBytes(path), isDirectory));

    [Theory]
    [InlineData("*.txt", "", true)]
    [InlineData("*.txt", "a/b", true)]
    [InlineData("a/b/c", "", true)]
    [InlineData("a/b/c", "a", true)]
    [InlineData("a/b/c", "a/b", true)]
    [InlineData("a/b/c", "a/b/c", false)]
    [InlineData("a/b/c", "a/x", false)]
    [InlineData("a/b/c", "b", false)]
    [InlineData("a/**", "a", true)]
    [InlineData("a/**", "a/b/c", true)]
    [InlineData("a/**", "b", false)]
    [InlineData("**/x/y", "q", true)]
    [InlineData("/a", "b", false)]
    public void A_directory_may_hold_matches(string pattern, string directory, bool may)
        => Assert.Equal(may, Create(pattern).MayMatchBelow(Encoding.UTF8.GetBytes(directory)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("a//b")]
    [InlineData("a//")]
    [InlineData("./a")]
    [InlineData("../a")]
    [InlineData("a/..")]
    [InlineData("[a")]
    [InlineData("[]")]
    [InlineData("[!]")]
    [InlineData("[a/b]")]
    [InlineData("[z-a]")]
    [InlineData("!keep.txt")]
    [InlineData("a\0b")]
    public void Wrong_patterns_are_refused(string? pattern)
        => Assert.Equal(
            BackupError.ConfigInvalid,
            Assert.Throws<BackupException>(() => GlobSet.Create(["*.ok", pattern!], true)).Error);

    [Fact]
    public void Half_a_character_is_refused() => Wrong_patterns_are_refused("a\uD800");

    [Fact]
    public void An_empty_set_matches_nothing()
    {
        var set = GlobSet.Create([], true);
        Assert.True(set.IsEmpty);
        Assert.False(set.Matches("a"u8, false));
        Assert.False(set.MayMatchBelow(""u8));
        Assert.False(Create("*").IsEmpty);
    }

    [Fact]
    public void Agrees_with_a_regular_expression()
    {
        var patternName = AnyOf("a", "b", "*", "?", "[ab]", "[!a]", "a*", "*b", "a*b*", "**");
        var name = AnyOf("a", "b", "c", "ab", "aab", "abb", "ba");
        Gen.Select(patternName.Array[1, 5], name.Array[1, 6], Gen.Bool).Sample((patternNames, names, rooted) =>
        {
            string pattern = (rooted ? "/" : "") + string.Join('/', patternNames);
            string path = string.Join('/', names);
            Assert.Equal(
                Regex.IsMatch(path, ToRegex(pattern)),
                Create(pattern).Matches(Encoding.UTF8.GetBytes(path), false));
        }, iter: 20_000);
    }

    [Fact]
    public void What_matches_is_in_a_directory_that_may_hold_matches()
    {
        var patternName = AnyOf("a", "b", "*", "[!a]", "a*", "**");
        var name = AnyOf("a", "b", "ab", "ba");
        Gen.Select(patternName.Array[1, 4], name.Array[1, 5]).Sample((patternNames, names) =>
        {
            var set = Create(string.Join('/', patternNames));
            if (set.Matches(Encoding.UTF8.GetBytes(string.Join('/', names)), false))
            {
                Assert.All(
                    Enumerable.Range(0, names.Length),
                    depth => Assert.True(set.MayMatchBelow(Encoding.UTF8.GetBytes(string.Join('/', names.Take(depth))))));
            }
        });
    }

    [Fact]
    public void Hostile_patterns_end_and_matching_allocates_nothing()
    {
        var set = GlobSet.Create([string.Concat(Enumerable.Repeat("*a", 100)) + "b", string.Concat(Enumerable.Repeat("**/a/", 200)) + "b"], false);
        byte[] longName = Encoding.ASCII.GetBytes(new string('a', 255));
        byte[] deepPath = Encoding.ASCII.GetBytes(string.Join('/', Enumerable.Repeat("a", 2000)));
        Assert.False(set.Matches(longName, false));

        long before = GC.GetAllocatedBytesForCurrentThread();
        bool any = set.Matches(longName, false) || set.Matches(deepPath, false);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.False(any);
    }

    private static GlobSet Create(string pattern) => GlobSet.Create([pattern], true);

    private static Gen<string> AnyOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    /// <summary>The doc comment's meaning, said in another language.</summary>
    private static string ToRegex(string pattern)
    {
        var names = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var regex = new StringBuilder("^");
        if (!pattern.Contains('/'))
        {
            regex.Append("([^/]+/)*");
        }

        for (int i = 0; i < names.Length; i++)
        {
            bool isLast = i == names.Length - 1;
            regex.Append(names[i] == "**"
                ? isLast ? ".+" : "([^/]+/)*"
                : Regex.Replace(names[i], @"\*+|\?|\[!", m => m.Value switch
                {
                    "?" => "[^/]",
                    "[!" => "[^/",
                    _ => "[^/]*",
                }) + (isLast ? "" : "/"));
        }

        return regex.Append('$').ToString();
    }
}
