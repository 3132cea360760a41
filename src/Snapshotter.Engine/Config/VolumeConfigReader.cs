using System.Globalization;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Retention;
using YamlDotNet.Core;

namespace Snapshotter.Engine.Config;

/// <summary>Turns the YAML of a config.yml into a configuration and remembers where each part of it stands.</summary>
internal sealed class VolumeConfigReader
{
    private const string TextTag = "tag:yaml.org,2002:str";
    private const string ListTag = "tag:yaml.org,2002:seq";
    private const string MapTag = "tag:yaml.org,2002:map";
    private const string IntegerTag = "tag:yaml.org,2002:int";

    private readonly string file;
    private readonly Dictionary<ConfigPlace, Mark> places = [];

    private readonly string yaml;

    private VolumeConfigReader(string yaml, string file) => (this.yaml, this.file) = (yaml, file);

    public static VolumeConfig Read(string yaml, string file) => new VolumeConfigReader(yaml, file).Read();

    /// <summary>The mistake at a place of the file.</summary>
    public static BackupException Error(string file, in Mark at, string problem, Exception? inner = null)
    {
        // A mark without a place is that of an error found before the first character was looked at.
        int line = (int)Math.Max(at.Line, 1);
        int column = (int)Math.Max(at.Column, 1);
        return new BackupException(
            BackupError.ConfigInvalid,
            string.Create(CultureInfo.InvariantCulture, $"{file}, line {line}, column {column}: {problem}."),
            file,
            inner)
        {
            Line = line,
            Column = column,
        };
    }

    private VolumeConfig Read()
    {
        YamlNode? root;
        try
        {
            root = YamlDocument.Parse(yaml);
        }
        catch (YamlException e)
        {
            var (at, problem) = YamlMistakes.Explain(yaml, e);
            throw Error(file, at, problem, e);
        }

        if (root is null or { IsNull: true })
        {
            throw Error(file, new Mark(0, 1, 1), "the file is empty; list volumes in it, such as 'volumes: [/home/volume1]'");
        }

        var config = ReadConfig(root);
        if (VolumeConfigRules.FindMistake(config) is var (place, mistake))
        {
            throw Error(file, places.TryGetValue(place, out var mark) ? mark : root.Start, mistake);
        }

        return config;
    }

    private VolumeConfig ReadConfig(YamlNode root)
    {
        string prefix = "";
        List<VolumeSpec> volumes = [];
        PlacedPatterns exclude = [];
        RetentionPolicy? keep = null;
        foreach (var (key, value) in Map(root, "a configuration", "prefix", "volumes", "exclude", "keep"))
        {
            switch (key)
            {
                case "prefix":
                    Mark(ConfigField.Prefix, value);
                    prefix = value.IsNull ? "" : Text(value, "prefix");
                    break;
                case "volumes":
                    Mark(ConfigField.Volumes, value);
                    volumes = [.. List(value, "volumes").Select(ReadVolume)];
                    break;
                case "exclude":
                    exclude = ReadPatterns(value);
                    break;
                case "keep":
                    Mark(ConfigField.Keep, value);
                    keep = value.IsNull ? null : ReadKeep(value);
                    break;
            }
        }

        return new VolumeConfig { Prefix = prefix, Volumes = volumes, Exclude = exclude, Keep = keep };
    }

    private VolumeSpec ReadVolume(YamlNode node, int index)
    {
        Mark(ConfigField.Target, node, index);
        if (node.Pairs is null)
        {
            RefuseKey(node, "target", "source");
            return new VolumeSpec { Target = Text(node, "a volume"), Position = Position(node) };
        }

        string? target = null;
        string? source = null;
        var position = Position(node);
        foreach (var (key, value) in Map(node, "a volume", "target", "source"))
        {
            if (key == "target")
            {
                Mark(ConfigField.Target, value, index);
                target = Text(value, "target");
                position = source is null ? Position(value) : position;
            }
            else
            {
                Mark(ConfigField.Source, value, index);
                source = Text(value, "source");
                position = Position(value);
            }
        }

        return new VolumeSpec
        {
            Target = target ?? throw Error(node, "the volume has no 'target'; add one, the path that names it"),
            Source = source,
            Position = position,
        };
    }

    private PlacedPatterns ReadPatterns(YamlNode node)
    {
        var patterns = new PlacedPatterns();
        foreach (var item in List(node, "exclude"))
        {
            Mark(ConfigField.Exclude, item, patterns.Count);
            patterns.Add(Text(item, "a pattern"), Position(item));
        }

        return patterns;
    }

    private RetentionPolicy ReadKeep(YamlNode node)
    {
        var keep = new RetentionPolicy();
        foreach (var (key, value) in Map(node, "keep", "last", "hourly", "daily", "weekly", "monthly", "yearly", "within"))
        {
            keep = key switch
            {
                "last" => keep with { Last = Count(value, ConfigField.KeepLast) },
                "hourly" => keep with { Hourly = Count(value, ConfigField.KeepHourly) },
                "daily" => keep with { Daily = Count(value, ConfigField.KeepDaily) },
                "weekly" => keep with { Weekly = Count(value, ConfigField.KeepWeekly) },
                "monthly" => keep with { Monthly = Count(value, ConfigField.KeepMonthly) },
                "yearly" => keep with { Yearly = Count(value, ConfigField.KeepYearly) },
                _ => keep with { Within = Span(value) },
            };
        }

        return keep;
    }

    private int Count(YamlNode node, ConfigField field)
    {
        Mark(field, node);
        return node is { IsPlain: true, Tag: "" or IntegerTag }
            && int.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count)
            ? count
            : throw Error(node, $"a whole number was expected instead of {node.Describe()}"
                + (!node.IsPlain && int.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int quoted)
                    ? string.Create(CultureInfo.InvariantCulture, $" in quotes; write {quoted} without quotes")
                    : ""));
    }

    private RetentionSpan Span(YamlNode node)
    {
        Mark(ConfigField.KeepWithin, node);
        return RetentionSpan.TryParse(Text(node, "within"), out var span)
            ? span
            : throw Error(node, $"'{node.Text}' is no span of time; write one such as 14d or 2y5m7d3h");
    }

    /// <summary>The pairs of a map whose keys are all known and given once.</summary>
    private IEnumerable<(string Key, YamlNode Value)> Map(YamlNode node, string what, params string[] known)
    {
        if (node.Pairs is null || node.Tag is not ("" or MapTag))
        {
            RefuseKey(node, known);
            throw Wrong(node, node.Pairs is null, $"{what} must be a map with keys such as '{known[0]}:'");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (keyNode, value) in node.Pairs)
        {
            string key = Text(keyNode, "a key");
            if (!known.Contains(key))
            {
                throw Error(keyNode, $"'{key}' is no key of {what}; the keys are {string.Join(", ", known)}");
            }

            if (!seen.Add(key))
            {
                throw Error(keyNode, $"'{key}' is given twice; remove one of them");
            }

            yield return (key, value);
        }
    }

    private IReadOnlyList<YamlNode> List(YamlNode node, string what)
        => node.IsNull ? []
            : node is { Items: not null, Tag: "" or ListTag } ? node.Items
            : throw Wrong(node, node.Items is null, $"'{what}' must be a list, one line with a dash for each");

    /// <summary>What looks like a key and is none, for want of a blank.</summary>
    private void RefuseKey(YamlNode node, params string[] known)
    {
        if (node is { IsPlain: true, Text: { } text } && Array.Find(known, key => text.StartsWith(key + ":", StringComparison.Ordinal)) is { } key)
        {
            throw Error(file, new Mark(node.Start.Index + key.Length + 1, node.Start.Line, node.Start.Column + key.Length + 1), $"a blank is missing after the colon; write '{key}: '");
        }
    }

    private string Text(YamlNode node, string what)
        => node.IsFolded ? throw Folded(node, what) : node is { Text: not null, IsNull: false, Tag: "" or "!" or TextTag } ? node.Text
            : throw Wrong(node, node.Text is null || node.IsNull, $"{what} must be a text");

    private BackupException Folded(YamlNode node, string what) => YamlMistakes.TabBehind(yaml, node.Start.Line) is var (tab, problem)
        ? Error(file, tab, problem)
        : Error(
            node, $"{what} goes on in the next line, as '{node.Text}'; is that line indented too far? A text stands in one line, and what is listed with it begins below it");

    private BackupException Wrong(YamlNode node, bool kind, string expected)
        => Error(node, kind ? $"{expected}, not {node.Describe()}" : $"{expected}; remove the tag '{node.Tag}'");

    private BackupException Error(YamlNode node, string problem) => Error(file, node.Start, problem);

    private ConfigPosition Position(YamlNode node) => new(file, (int)Math.Max(node.Start.Line, 1), (int)Math.Max(node.Start.Column, 1));

    private void Mark(ConfigField field, YamlNode node, int index = 0) => places[new ConfigPlace(field, index)] = node.Start;
}
