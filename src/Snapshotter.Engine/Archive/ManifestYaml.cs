using System.Globalization;
using System.Text;
using Snapshotter.Engine.Reporting;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Snapshotter.Engine.Archive;

/// <summary>Reads any manifest: a YAML list of maps. Ours are in a plain subset of YAML that <see cref="ManifestLines"/> reads faster.</summary>
internal static class ManifestYaml
{
    /// <summary>
    /// Reads the list. When it is no well-formed YAML as a whole, each volume's lines are tried alone: what can be read
    /// is returned, and the damage is told.
    /// </summary>
    public static Manifest Read(ReadOnlySpan<byte> bytes, string path)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (ArgumentException)
        {
            text = Encoding.UTF8.GetString(bytes);
        }

        try
        {
            return new Manifest(ManifestLines.TryRead(text) is { } maps ? maps.ConvertAll(ToVolume) : Parse(text), null);
        }
        catch (Exception e) when (e is YamlException or FormatException)
        {
            var volumes = new List<ManifestVolume>();
            foreach (string chunk in SplitVolumes(text))
            {
                try
                {
                    volumes.AddRange(Parse(chunk));
                }
                catch (Exception inner) when (inner is YamlException or FormatException)
                {
                    // Told once, below.
                }
            }

            return new Manifest(volumes, new Notice(BackupError.ArchiveInvalid, path, $"The manifest is damaged: {e.Message}"));
        }
    }

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
                keys[key] = scalar.Value;
            }
            else
            {
                // A key of a later version: of no concern here.
                parser.SkipThisAndNestedEvents();
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
            Target = Text("target") ?? throw new FormatException("A volume has no target."),
            Created = Text("created") is { } created
                ? DateTimeOffset.TryParse(
                    created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
                    ? time
                    : throw new FormatException($"'created: {created}' is not a time.")
                : null,
            Generation = Count("generation") is { } generation ? checked((int)Math.Min(generation, int.MaxValue)) : null,
            Entries = Count("entries"),
            Bytes = Count("bytes"),
            Complete = Text("complete") is not "false",
            Checksum = Text("checksum"),
            Offset = Count("offset"),
            Length = Count("length"),
            Headers = Text("headers"),
            SumsOffset = Count("sums-offset"),
            SumsLength = Count("sums-length"),
        };
    }

    private static IEnumerable<string> SplitVolumes(string text)
    {
        int start = text.IndexOf("- ", StringComparison.Ordinal);
        while (start >= 0)
        {
            int next = text.IndexOf("\n- ", start, StringComparison.Ordinal);
            yield return next < 0 ? text[start..] : text[start..(next + 1)];
            start = next < 0 ? -1 : next + 1;
        }
    }
}
