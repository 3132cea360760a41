using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Snapshotter.Engine.Reporting;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Snapshotter.Engine.Archive;

/// <summary>Reads any manifest: a YAML list of maps. Ours are in a plain subset of YAML that <see cref="ManifestLines"/> reads faster.</summary>
internal static class ManifestYaml
{
    /// <summary>Nothing in a manifest is nested deeper, also not in those of later versions.</summary>
    private const int MaxDepth = 16;

    /// <summary>So many unreadable volumes are enough: the rest of the text is no manifest.</summary>
    private const int MaxFailures = 100;

    /// <summary>What every volume of ours has.</summary>
    private static readonly string[] RequiredKeys =
        ["created", "generation", "entries", "bytes", "complete", "checksum", "offset", "length", "headers"];

    /// <summary>
    /// Reads the list. When it is no well-formed YAML as a whole, each volume's lines are tried alone: what can be read
    /// is returned, and the damage is told.
    /// </summary>
    public static Manifest Read(ReadOnlySpan<byte> bytes, string path)
    {
        string text = Encoding.UTF8.GetString(bytes);
        try
        {
            return new Manifest(ManifestLines.TryRead(text) is { } maps ? maps.ConvertAll(ToVolume) : Parse(text), null);
        }
        catch (Exception e) when (IsMistake(e))
        {
            return ReadWhatCanBe(
                text, new Notice(BackupError.ArchiveInvalid, path, $"The manifest is damaged: {Shorten(e.Message)}"), (lines, _) => Parse(lines));
        }
    }

    /// <summary>
    /// Reads a manifest of ours whose check does not fit: only volumes whose lines are to the letter what is written for one
    /// count, for a key misspelled is a key missing, which would change what the others mean.
    /// </summary>
    public static Manifest ReadOwnDamaged(ReadOnlySpan<byte> bytes, Notice damage) =>
        ReadWhatCanBe(Encoding.UTF8.GetString(bytes), damage, (lines, damaged) => [ParseOwn(lines, damaged)]);

    private static Manifest ReadWhatCanBe(string text, Notice damage, Func<string, List<DamagedVolume>, List<ManifestVolume>> parse)
    {
        var volumes = new List<ManifestVolume>();
        var damaged = new List<DamagedVolume>();
        foreach (string lines in SplitVolumes(text))
        {
            try
            {
                volumes.AddRange(parse(lines, damaged));
            }
            catch (Exception e) when (IsMistake(e))
            {
                damaged.AddRange(DamagedVolume.In(lines).Take(MaxFailures));
                if (damaged.Count >= MaxFailures)
                {
                    damaged.Add(DamagedVolume.Unknown);
                    break;
                }
            }
        }

        return new Manifest(volumes, damage) { Damaged = damaged };
    }

    private static ManifestVolume ParseOwn(string lines, List<DamagedVolume> damaged)
    {
        // Behind the last volume come comments, which may be what is damaged. Elsewhere it is the beginning of the next volume.
        int end = lines.IndexOf('\n', StringComparison.Ordinal) + 1;
        while (lines.AsSpan(end).StartsWith("  "))
        {
            int next = lines.IndexOf('\n', end);
            end = next < 0 ? lines.Length : next + 1;
        }

        var maps = ManifestLines.TryRead(lines[..end]);
        if (maps is not [var keys] || !RequiredKeys.All(keys.ContainsKey))
        {
            throw new FormatException("The lines of a volume are not as they were written.");
        }

        var volume = ToVolume(keys);
        bool hasSums = volume.SumsOffset is not null && volume.SumsLength is not null;
        bool isWhole = keys["complete"] is "true" or "false"
            && (volume.Checksum == ChecksumNames.None || (volume.Checksum is ChecksumNames.XxHash128 or ChecksumNames.Sha256 && hasSums))
            && EntryNames.IdOf(volume.Target) == volume.Id;
        if (!isWhole)
        {
            throw new FormatException("The lines of a volume contradict each other.");
        }

        if (lines.AsSpan(end).Contains(": ", StringComparison.Ordinal))
        {
            damaged.AddRange(DamagedVolume.In(lines[end..]));
        }

        return volume;
    }

    /// <summary>The scanner has exceptions of its own, but lets others out at some broken texts.</summary>
    private static bool IsMistake(Exception e) =>
        e is YamlException or FormatException or InvalidOperationException or ArgumentException or IndexOutOfRangeException;

    private static string Shorten(string message) => message.Length > 1024 ? message[..1024] + "..." : message;

    private static List<ManifestVolume> Parse(string text)
    {
        var parser = new Parser(new StringReader(text));
        var volumes = new List<ManifestVolume>();
        parser.Consume<StreamStart>();
        if (parser.TryConsume<StreamEnd>(out _))
        {
            return volumes;
        }

        parser.Consume<DocumentStart>();
        if (parser.TryConsume<Scalar>(out var nothing) && nothing.Value.Length == 0)
        {
            return volumes;
        }

        parser.Consume<SequenceStart>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            volumes.Add(ParseVolume(parser));
        }

        parser.Consume<DocumentEnd>();
        return volumes;
    }

    private static ManifestVolume ParseVolume(Parser parser)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        parser.Consume<MappingStart>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            string key = parser.Consume<Scalar>().Value;
            if (parser.TryConsume<Scalar>(out var scalar))
            {
                if (!keys.TryAdd(key, scalar.Value))
                {
                    throw new FormatException($"A volume has the key '{key}' twice.");
                }
            }
            else
            {
                // A key of a later version: of no concern here.
                Skip(parser);
            }
        }

        return ToVolume(keys);
    }

    private static ManifestVolume ToVolume(Dictionary<string, string> keys)
    {
        string? Text(string key) => keys.GetValueOrDefault(key);
        long? Count(string key) => Text(key) is { } value
            ? long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                ? number
                : throw new FormatException($"'{key}: {value}' is not a number.")
            : null;

        return new ManifestVolume
        {
            Id = Text("id") ?? throw new FormatException("A volume has no id."),
            IsDirectory = Text("type") switch
            {
                "dir" => true,
                "file" => false,
                var other => throw new FormatException($"A volume has the type '{other}'; 'dir' or 'file' is meant."),
            },
            Target = Text("target") switch
            {
                null => throw new FormatException("A volume has no target."),
                { Length: > Manifest.MaxTarget } => throw new FormatException("A volume's target is too long for a path."),
                var target => target,
            },
            Created = Text("created") is { } created ? TimeOf(created) : null,
            Generation = Count("generation") is { } generation ? checked((int)Math.Min(generation, int.MaxValue)) : null,
            Entries = Count("entries"),
            Bytes = Count("bytes"),
            Complete = Text("complete") is not "false",
            Checksum = Text("checksum") is { } checksum ? string.IsInterned(checksum) ?? checksum : null,
            Offset = Count("offset"),
            Length = Count("length"),
            Headers = Text("headers"),
            SumsOffset = Count("sums-offset"),
            SumsLength = Count("sums-length"),
        };
    }

    private static DateTimeOffset TimeOf(string text)
    {
        // As this program writes it, without a look at any culture: that takes longer than all the rest of a manifest.
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (Utf8Parser.TryParse(bytes, out DateTimeOffset time, out int used, 'O') && used == bytes.Length)
        {
            return time.ToUniversalTime();
        }

        return DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time)
            ? time
            : throw new FormatException($"'created: {text}' is not a time.");
    }

    /// <summary>Passes over a value. Not the library's way: that follows any depth, in time that grows with its square.</summary>
    private static void Skip(Parser parser)
    {
        int depth = 0;
        do
        {
            depth += parser.Consume<ParsingEvent>().NestingIncrease;
            if (depth > MaxDepth)
            {
                throw new FormatException("A value is nested too deeply.");
            }
        }
        while (depth > 0);
    }

    private static IEnumerable<string> SplitVolumes(string text)
    {
        int start = 0;
        while (start >= 0)
        {
            int next = text.IndexOf("\n- ", start, StringComparison.Ordinal);
            yield return next < 0 ? text[start..] : text[start..(next + 1)];
            start = next < 0 ? -1 : next + 1;
        }
    }
}
