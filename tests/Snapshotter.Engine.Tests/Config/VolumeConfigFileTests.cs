using System.Text;
using CsCheck;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Config;

[OnWindowsToo]
public sealed class VolumeConfigFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("snapshotter-config-").FullName;

    public void Dispose() => Directory.Delete(folder, true);

    [Fact]
    public void Reads_every_key()
    {
        var config = VolumeConfigFile.Parse(
            """
            prefix: "volumes/busy_lewin"      # path inside the tar
            volumes:
              - /home/volume1
              - target: /home/volume2.txt
                source: /srv/host/volume2.txt
            exclude: ["*.tmp", "cache/**"]
            keep:
              last: 3
              hourly: 24
              daily: 7
              weekly: 5
              monthly: 12
              yearly: 10
              within: 2y5m7d3h
            """,
            "config.yml");

        Assert.Equal("volumes/busy_lewin", config.Prefix);
        Assert.Equal(["/home/volume1", "/home/volume2.txt"], config.Volumes.Select(v => v.Target));
        Assert.Equal([null, "/srv/host/volume2.txt"], config.Volumes.Select(v => v.Source));
        Assert.Equal(["*.tmp", "cache/**"], config.Exclude);
        Assert.Equal(
            new RetentionPolicy
            {
                Last = 3,
                Hourly = 24,
                Daily = 7,
                Weekly = 5,
                Monthly = 12,
                Yearly = 10,
                Within = new RetentionSpan(2, 5, 7, 3),
            },
            config.Keep);
    }

    [Theory]
    [InlineData("volumes: [/a]", "")]
    [InlineData("prefix:\nvolumes: [/a]", "")]
    [InlineData("prefix: ~\nvolumes: [/a]", "")]
    [InlineData("prefix: ''\nvolumes: [/a]", "")]
    [InlineData("prefix: 'null'\nvolumes: [/a]", "null")]
    [InlineData("prefix: 2024\nvolumes: [/a]", "2024")]
    [InlineData("prefix: !!str 2024\nvolumes: [/a]", "2024")]
    [InlineData("prefix: a/b/\nvolumes: [/a]", "a/b")]
    [InlineData("prefix: ..a/b..\nvolumes: [/a]", "..a/b..")]
    [InlineData("prefix: Größe/日本\nvolumes: [/a]", "Größe/日本")]
    [InlineData("\uFEFF---\nprefix: p\nvolumes: [/a]\n...\n", "p")]
    [InlineData("%YAML 1.2\n---\nprefix: p\nvolumes: [/a]\n", "p")]
    [InlineData("{prefix: p, volumes: [/a]}", "p")]
    [InlineData("prefix: p\r\nvolumes:\r\n- /a\r\n", "p")]
    [InlineData("volumes: [/a]\nprefix: p\nexclude:\nkeep:\n", "p")]
    public void Reads_the_prefix(string yaml, string prefix)
        => Assert.Equal(prefix, VolumeConfigFile.Parse(yaml, "config.yml").Prefix);

    [Theory]
    [InlineData("/home/volume1/")]
    [InlineData("/home//volume1")]
    [InlineData("/")]
    [InlineData("/with space/and 'quotes\"")]
    [InlineData("/..hidden")]
    public void Keeps_the_target_as_written(string target)
        => Assert.Equal(target, VolumeConfigFile.Parse($"volumes:\n- {target}", "config.yml").Volumes.Single().Target);

    [Fact]
    public void An_alias_is_the_value_it_names()
    {
        var config = VolumeConfigFile.Parse("prefix: &p same\nvolumes: [/a]\nexclude: [*p, *p]", "config.yml");
        Assert.Equal(["same", "same"], config.Exclude);
    }

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("# nothing\n", 1, 1)]
    [InlineData("---\n", 1, 1)]
    [InlineData("~", 1, 1)]
    [InlineData("volumes", 1, 1)]
    [InlineData("- /a", 1, 1)]
    [InlineData("prefix: p", 1, 1)]
    [InlineData("prefix: p\nvolumes:\n", 2, 9)]
    [InlineData("volumes: []", 1, 10)]
    [InlineData("volumes: /a", 1, 10)]
    [InlineData("volumes: {a: /a}", 1, 10)]
    [InlineData("volumes: [/a]\nvolume: [/b]", 2, 1)]
    [InlineData("volumes: [/a]\nVolumes: [/b]", 2, 1)]
    [InlineData("volumes: [/a]\nvolumes: [/b]", 2, 1)]
    [InlineData("volumes: [/a]\n? [x]\n: y", 2, 3)]
    [InlineData("volumes: [/a]\n<<: {prefix: p}", 2, 1)]
    [InlineData("volumes:\n- home/volume1", 2, 3)]
    [InlineData("volumes:\n- ./volume1", 2, 3)]
    [InlineData("volumes:\n- ''", 2, 3)]
    [InlineData("volumes:\n- ~", 2, 3)]
    [InlineData("volumes:\n- [/a]", 2, 3)]
    [InlineData("volumes:\n- /a\n- /a", 3, 3)]
    [InlineData("volumes:\n- /a\n- /a/", 3, 3)]
    [InlineData("volumes:\n- /a/b\n- //a//b//", 3, 3)]
    [InlineData("volumes:\n- /a/../b", 2, 3)]
    [InlineData("volumes:\n- /a/./b", 2, 3)]
    [InlineData("volumes:\n- \"/a\\0b\"", 2, 3)]
    [InlineData("volumes:\n- \"/a\\nb\"", 2, 3)]
    [InlineData("volumes:\n- target: /a\n  sorce: /b", 3, 3)]
    [InlineData("volumes:\n- source: /b", 2, 3)]
    [InlineData("volumes:\n- target: a", 2, 11)]
    [InlineData("volumes:\n- target: /a\n  source: b", 3, 11)]
    [InlineData("volumes:\n- target: /a\n  source:", 3, 10)]
    [InlineData("volumes:\n- /a\n- target: /b\n  source: /a/", 4, 11)]
    [InlineData("volumes:\n- /a\n- target: /a\n  source: /b", 3, 11)]
    [InlineData("prefix: /p\nvolumes: [/a]", 1, 9)]
    [InlineData("prefix: /\nvolumes: [/a]", 1, 9)]
    [InlineData("prefix: a/../b\nvolumes: [/a]", 1, 9)]
    [InlineData("prefix: ..\nvolumes: [/a]", 1, 9)]
    [InlineData("prefix: ./a\nvolumes: [/a]", 1, 9)]
    [InlineData("prefix: a//b\nvolumes: [/a]", 1, 9)]
    [InlineData("prefix: \"a\\tb\"\nvolumes: [/a]", 1, 9)]
    [InlineData("prefix: [p]\nvolumes: [/a]", 1, 9)]
    [InlineData("prefix: !!binary AAAA\nvolumes: [/a]", 1, 9)]
    [InlineData("prefix: !mine p\nvolumes: [/a]", 1, 9)]
    [InlineData("volumes: !!set [/a]", 1, 10)]
    [InlineData("volumes: [/a]\nexclude: '*.tmp'", 2, 10)]
    [InlineData("volumes: [/a]\nexclude: ['*.tmp', '']", 2, 20)]
    [InlineData("volumes: [/a]\nexclude: ['[a']", 2, 11)]
    [InlineData("volumes: [/a]\nkeep: 3", 2, 7)]
    [InlineData("volumes: [/a]\nkeep: {}", 2, 7)]
    [InlineData("volumes: [/a]\nkeep: {last: 0}", 2, 14)]
    [InlineData("volumes: [/a]\nkeep: {last: -1}", 2, 14)]
    [InlineData("volumes: [/a]\nkeep: {last: three}", 2, 14)]
    [InlineData("volumes: [/a]\nkeep: {last: '3'}", 2, 14)]
    [InlineData("volumes: [/a]\nkeep: {last: 99999999999}", 2, 14)]
    [InlineData("volumes: [/a]\nkeep: {newest: 3}", 2, 8)]
    [InlineData("volumes: [/a]\nkeep: {within: 14}", 2, 16)]
    [InlineData("volumes: [/a]\nkeep: {within: 0d}", 2, 16)]
    [InlineData("volumes: [/a]\n---\nvolumes: [/b]", 2, 1)]
    [InlineData("volumes: [*a]", 1, 11)]
    [InlineData("volumes: &a [*a]", 1, 14)]
    [InlineData("volumes: [/a", 1, 10)]
    [InlineData("volumes: [/a\nexclude: ['*.tmp']", 1, 10)]
    [InlineData("volumes: [\"/a]", 1, 11)]
    [InlineData("volumes:\n- /a\n  - /b", 2, 3)]
    [InlineData("volumes:\n- target: /a\n    source: /b", 3, 11)]
    [InlineData("volumes: [/a]\nexclude:\n- x\n  - y", 3, 3)]
    [InlineData("volumes: [/a]\nexclude: [*.tmp]", 2, 11)]
    [InlineData("volumes: [/a]\nexclude:\n- *.tmp", 3, 3)]
    [InlineData("volumes: [/a]\nexclude:\n- **/x", 3, 3)]
    [InlineData("volumes: [/a]\nexclude:\n- @x", 3, 3)]
    [InlineData("volumes:\n\t- /a\n", 2, 1)]
    [InlineData("prefix: p\nvolumes:\n  - /a\n\t- /b\n", 4, 1)]
    [InlineData("prefix:nightly\nvolumes: [/a]", 1, 8)]
    [InlineData("prefix:nightly", 1, 8)]
    [InlineData("volumes:\n- target:/a", 2, 10)]
    [InlineData("volumes: [/a]\nkeep:\n  last:7\n  daily: 3", 3, 8)]
    [InlineData("volumes: [/a]\nkeep: {last: \"7\"}", 2, 14)]
    [InlineData("volumes: [[[[[[[[[[[[[[[[[[[[/a]]]]]]]]]]]]]]]]]]]]", 1, 26)]
    public void Tells_where_the_mistake_is(string yaml, int line, int column)
    {
        var e = Assert.Throws<BackupException>(() => VolumeConfigFile.Parse(yaml, "my config.yml"));

        Assert.Equal((BackupError.ConfigInvalid, line, column), (e.Error, e.Line, e.Column));
        Assert.Contains($"my config.yml, line {line}, column {column}: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_found_later_is_told_with_its_place_too()
    {
        string volume = Path.Combine(folder, "volume");
        Directory.CreateDirectory(volume);
        string archive = Path.Combine(folder, "backup.tar");
        BackupTar.Initialize(archive);
        (string Yaml, BackupError Error, int Line, int Column)[] wrong =
        [
            ($"volumes:\n- '{volume}'\n- '{volume}*'", BackupError.VolumeNotFound, 3, 3),
            ($"volumes:\n- target: /v\n  source: '{volume}-none'", BackupError.VolumeNotFound, 3, 11),
            ($"volumes:\n- '{volume}'\nexclude: [x, '{volume}/sub']", BackupError.ConfigInvalid, 3, 14),
        ];
        foreach (var (yaml, error, line, column) in wrong)
        {
            var e = Assert.Throws<BackupException>(() => BackupTar.Backup(archive, Read(yaml, Encoding.UTF8.GetBytes)));
            Assert.Equal((error, line, column), (e.Error, e.Line, e.Column));
            Assert.Contains("config.yml", e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(@"C:\data", true)]
    [InlineData("C:/data", true)]
    [InlineData(@"\\server\share", true)]
    [InlineData("/data", true)]
    [InlineData("C:data", false)]
    [InlineData(@"data\x", false)]
    [InlineData(@"\data", false)]
    public void Windows_paths_are_absolute_on_windows(string path, bool absolute)
    {
        Assert.Equal(absolute, VolumeConfigRules.IsAbsolute(path, windows: true));
        Assert.Equal(path.StartsWith('/'), VolumeConfigRules.IsAbsolute(path, windows: false));
    }

    [Fact]
    public void A_missing_file_is_not_found()
    {
        string path = Path.Combine(folder, "missing", "config.yml");
        var e = Assert.Throws<BackupException>(() => VolumeConfigFile.Read(path));
        Assert.Equal((BackupError.ConfigNotFound, path), (e.Error, e.Target));
    }

    [Fact]
    public void A_directory_is_no_configuration()
        => Assert.Equal(BackupError.ConfigInvalid, Assert.Throws<BackupException>(() => VolumeConfigFile.Read(folder)).Error);

    [Fact]
    public void A_file_over_one_mebibyte_is_refused_and_one_below_is_read()
    {
        string yaml = "volumes: [/a]\n#";
        Assert.Equal("/a", Read(yaml.PadRight(1024 * 1024, ' '), Encoding.UTF8.GetBytes).Volumes.Single().Target);
        Assert.Equal(BackupError.ConfigInvalid, Assert.Throws<BackupException>(
            () => Read(yaml.PadRight(1024 * 1024 + 1, ' '), Encoding.UTF8.GetBytes)).Error);
    }

    [Fact]
    public void A_file_may_be_utf_8_or_utf_16_with_a_mark()
    {
        foreach (var encoding in new[] { Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            Assert.Equal("Größe", Read("prefix: Größe\nvolumes: [/a]", s => [.. encoding.GetPreamble(), .. encoding.GetBytes(s)]).Prefix);
        }
    }

    [Fact]
    public void Bytes_that_are_no_utf_8_are_told_with_their_place()
    {
        var e = Assert.Throws<BackupException>(() => Read("volumes:\n- /Größe", Encoding.Latin1.GetBytes));
        Assert.Equal((BackupError.ConfigInvalid, 2, 6), (e.Error, e.Line, e.Column));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("p/")]
    public void Objects_are_checked_as_files_are(string? origin)
    {
        VolumeConfigFile.Validate(new VolumeConfig { Prefix = "p/", Volumes = { new VolumeSpec { Target = "/a" } } }, origin);
        VolumeConfig[] wrong =
        [
            new(),
            new() { Prefix = "/p", Volumes = { new VolumeSpec { Target = "/a" } } },
            new() { Prefix = null!, Volumes = { new VolumeSpec { Target = "/a" } } },
            new() { Volumes = { null! } },
            new() { Volumes = { new VolumeSpec { Target = null! } } },
            new() { Volumes = { new VolumeSpec { Target = "a" } } },
            new() { Volumes = { new VolumeSpec { Target = "/\uD800" } } },
            new() { Volumes = { new VolumeSpec { Target = "/a" } }, Exclude = { null! } },
            new() { Volumes = { new VolumeSpec { Target = "/a" } }, Keep = new RetentionPolicy() },
        ];
        Assert.All(wrong, config => Assert.Equal(
            BackupError.ConfigInvalid, Assert.Throws<BackupException>(() => VolumeConfigFile.Validate(config, origin)).Error));
    }

    [Fact]
    public void What_is_written_reads_back_equal()
    {
        var character = Gen.Frequency(
            (6, Gen.Char['a', 'z'].Select(c => c.ToString())),
            (3, AnyOf("\"", "'", "\\", " ", ":", "#", "-", "{", "[", "&", "*", "!", "|", ">", "%", "@", "`", ",", "?")),
            (2, AnyOf("ä", "日", "\uFEFF", "\uFFFD", "😀", "\u00A0", "\u200E", "\u0301")));
        var name = character.Array[1, 12].Select(string.Concat).Where(n => n is not ("." or ".."));
        var path = name.Array[1, 4].Select(names => "/" + string.Join('/', names));
        var pattern = AnyOf("*.tmp", "cache/**", "[!a]?", "a b/", "'\"\\", "**/x: y");
        var count = Gen.Int[0, 1000].Select(n => n == 0 ? null : (int?)n);
        var span = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 20], Gen.Int[0, 40], Gen.Int[1, 30], (y, m, d, h) => new RetentionSpan(y, m, d, h));
        var keep = Gen.Select(
            Gen.Int[1, 9], Gen.Select(count, count, count), Gen.Select(count, count), Gen.Bool.SelectMany(none => span.Select(s => none ? null : (RetentionSpan?)s)),
            (last, a, b, within) => new RetentionPolicy
            {
                Last = last,
                Hourly = a.Item1,
                Daily = a.Item2,
                Weekly = a.Item3,
                Monthly = b.Item1,
                Yearly = b.Item2,
                Within = within,
            });

        Gen.Select(name.Array[0, 3], path.Array[1, 6], path.Array[6], pattern.Array[0, 3], keep, Gen.Bool)
            .Sample((prefix, targets, sources, exclude, policy, keeps) =>
            {
                var config = new VolumeConfig
                {
                    Prefix = string.Join('/', prefix),
                    Volumes = [.. targets.Distinct().Select((t, i) => new VolumeSpec
                    {
                        Target = t,
                        Source = i % 2 == 0 ? null : $"/source{i}{sources[i]}",
                    })],
                    Exclude = [.. exclude],
                    Keep = keeps ? policy : null,
                };
                var back = VolumeConfigFile.Parse(VolumeConfigFile.Write(config), "written");
                Assert.Equal(config.Prefix, back.Prefix);
                Assert.Equal(config.Volumes.Select(v => (v.Target, v.Source)), back.Volumes.Select(v => (v.Target, v.Source)));
                Assert.Equal(config.Exclude, back.Exclude);
                Assert.Equal(config.Keep, back.Keep);
            });
    }

    private static Gen<string> AnyOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private VolumeConfig Read(string yaml, Func<string, byte[]> encode)
    {
        string path = Path.Combine(folder, "config.yml");
        File.WriteAllBytes(path, encode(yaml));
        return VolumeConfigFile.Read(path);
    }
}
