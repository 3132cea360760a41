using System.Text;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Tests.Fuzz;

/// <summary>
/// Broken configurations: whatever stands in the file, it is either read or refused as invalid with its place, and
/// what is read writes and reads back. The seeds are fixed, so a failure repeats; SNAPSHOTTER_FUZZ_ROUNDS asks for more
/// rounds than the default.
/// </summary>
public sealed class ConfigFuzz : IDisposable
{
    private static readonly string[] Seeds =
    [
        "prefix: \"volumes/busy_lewin\"\nvolumes:\n  - /home/volume1\n  - target: /home/volume2.txt\n    source: /srv/host/volume2.txt\n"
            + "exclude: [\"*.tmp\", \"cache/**\", '[!a-z]?']\nkeep:\n  last: 3\n  within: 2y5m7d3h\n",
        "%YAML 1.2\n%TAG !e! tag:example.com,2000:\n---\nprefix: &p !!str p\nvolumes: [/a, {target: /b, source: \"\\u00e4/\\x41\"}]\nexclude: [*p]\n...\n",
        "? prefix\n: |2-\n  text\n? volumes\n: - >+\n    /folded\n\n  - '/quo''ted'\n# comment\n",
        "{\"prefix\": \"p\", \"volumes\": [\"/a\", {\"target\": \"/b\"}], \"keep\": {\"daily\": 7}}",
    ];

    private static readonly string[] Pieces =
    [
        "&a ", "*a", "<<: ", "!!binary ", "!<x> ", "- ", "? ", ": ", "[", "]", "{", "}", ",", "\"", "'", "|\n", ">\n", "#", "---\n",
        "...\n", "%TAG ! x\n", "%YAML 9.9\n", "\t", "\r", "\0", "\uFEFF", "\uD800", "\\U00110000", "\\ud800", "~", "null", "..", "//",
        "keep: ", "volumes: ", "prefix: ", "exclude: ", "target: ", "[[[[[[[[[[[[[[[[[[[[", "- - - - - - - - - - - - - - - - - - - - ",
        "{a: {b: {c: {d: ", "99999999999999999999", "-1", "\u0085", "\u2028", "\\", "\\x", "!", "@", "`",
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("snapshotter-fuzz-").FullName;

    public void Dispose() => Directory.Delete(folder, true);

    [Fact]
    public void Mutated_text_is_read_or_refused()
    {
        for (int round = 0; round < Rounds(20_000); round++)
        {
            var random = new Random(round);
            var text = new StringBuilder(Seeds[random.Next(Seeds.Length)]);
            for (int changes = random.Next(1, 8); changes > 0 && text.Length > 0; changes--)
            {
                Mutate(text, random);
            }

            string yaml = text.ToString();
            Check(round, () => VolumeConfigFile.Parse(yaml, "config.yml"));
        }
    }

    [Fact]
    public void Mutated_bytes_are_read_or_refused()
    {
        string path = Path.Combine(folder, "config.yml");
        for (int round = 0; round < Rounds(2_000); round++)
        {
            var random = new Random(round);
            byte[] bytes = Encoding.UTF8.GetBytes(Seeds[random.Next(Seeds.Length)]);
            for (int changes = random.Next(1, 6); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, bytes);
            Check(round, () => VolumeConfigFile.Read(path));
        }
    }

    private static int Rounds(int usual)
        => int.TryParse(Environment.GetEnvironmentVariable("SNAPSHOTTER_FUZZ_ROUNDS"), out int asked) ? asked : usual;

    private static void Mutate(StringBuilder text, Random random)
    {
        int at = random.Next(text.Length);
        int length = Math.Min(random.Next(1, 12), text.Length - at);
        switch (random.Next(5))
        {
            case 0:
                text.Remove(at, length);
                break;
            case 1:
                text.Insert(at, text.ToString(at, length));
                break;
            case 2:
                text[at] = (char)random.Next(random.Next(8) == 0 ? 0x10000 : 0x80);
                break;
            case 3:
                text.Length = at;
                break;
            default:
                text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                break;
        }
    }

    private static void Check(int round, Func<VolumeConfig> read)
    {
        VolumeConfig config;
        try
        {
            config = read();
        }
        catch (BackupException e)
        {
            Assert.Equal(BackupError.ConfigInvalid, e.Error);
            Assert.True(e.Line >= 1 && e.Column >= 1, $"Round {round}: no place in '{e.Message}'.");
            return;
        }
        catch (Exception e)
        {
            Assert.Fail($"Round {round}: {e}");
            return;
        }

        var back = VolumeConfigFile.Parse(VolumeConfigFile.Write(config), "written");
        Assert.Equal(config.Volumes.Select(v => (v.Target, v.Source)), back.Volumes.Select(v => (v.Target, v.Source)));
    }
}
