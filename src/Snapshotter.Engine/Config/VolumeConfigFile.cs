using System.Text;
using System.Text.Unicode;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Retention;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Snapshotter.Engine.Config;

/// <summary>
/// Reads and writes config.yml: a map with <c>prefix</c> (path inside the tar, optional), <c>volumes</c> (a list of
/// absolute paths, or of maps with <c>target</c> and <c>source</c>), <c>exclude</c> (a list of patterns, see
/// <see cref="Patterns.GlobSet"/>, optional) and <c>keep</c> (a map with last, hourly, daily, weekly, monthly, yearly and within,
/// see <see cref="RetentionPolicy"/>, optional). The path of a volume is kept as written, since its SHA-256 is the
/// volume's id; of two paths that differ in slashes only, the second is a duplicate.
/// </summary>
public static class VolumeConfigFile
{
    /// <summary>Largest file accepted, in bytes.</summary>
    private const int MaxSize = 1024 * 1024;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the config.yml, absolute or relative to the process's current directory.</param>
    /// <exception cref="BackupException"><see cref="BackupError.ConfigNotFound"/>; <see cref="BackupError.ConfigInvalid"/>
    /// with line and column; <see cref="BackupError.InputOutput"/> when the file cannot be read.</exception>
    public static VolumeConfig Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return VolumeConfigReader.Read(Decode(Load(path), path), path);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="yaml">The content of a config.yml.</param>
    /// <param name="fileName">What errors call it.</param>
    /// <exception cref="BackupException"><see cref="BackupError.ConfigInvalid"/> with line and column.</exception>
    public static VolumeConfig Parse(string yaml, string fileName)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        return VolumeConfigReader.Read(yaml, fileName);
    }

    /// <summary>
    /// Writes a configuration as YAML that <see cref="Parse"/> reads back equal. <see cref="VolumeSpec.ReadOnly"/> is
    /// left out: it is a property of a container's mount, not of a configuration.
    /// </summary>
    /// <param name="config">A valid configuration.</param>
    /// <exception cref="BackupException"><see cref="BackupError.ConfigInvalid"/>.</exception>
    public static string Write(VolumeConfig config)
    {
        Validate(config);
        var text = new StringWriter { NewLine = "\n" };
        var yaml = new Emitter(text, new EmitterSettings(2, int.MaxValue, false, 1024).WithNewLine("\n"));
        yaml.Emit(new StreamStart());
        yaml.Emit(new DocumentStart(null, null, true));
        WriteConfig(yaml, config);
        yaml.Emit(new DocumentEnd(true));
        yaml.Emit(new StreamEnd());
        return text.ToString();
    }

    /// <summary>Checks a configuration made of objects as strictly as one read from a file.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="origin">What errors call it; null when there is nothing but the volumes themselves.</param>
    /// <exception cref="BackupException"><see cref="BackupError.ConfigInvalid"/>.</exception>
    public static void Validate(VolumeConfig config, string? origin = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (VolumeConfigRules.FindMistake(config) is var (place, problem))
        {
            throw origin is null
                ? ConfigPosition.Error(null, BackupError.ConfigInvalid, InWords(config, place, problem) + ".", null)
                : new BackupException(BackupError.ConfigInvalid, $"{origin}, {place}: {problem}.", origin);
        }
    }

    /// <summary>Without a file or an object that the user made, its parts have no names: what was given is spoken of.</summary>
    private static string InWords(VolumeConfig config, ConfigPlace place, string problem) => place.Field switch
    {
        ConfigField.Volumes => "no volume was given",
        ConfigField.Exclude => $"the pattern '{config.Exclude[place.Index]}' is wrong: {problem}",
        ConfigField.Keep => $"the rules of what to keep are wrong: {problem}",
        >= ConfigField.KeepLast => $"the rule '{place.Field.ToString()["Keep".Length..].ToLowerInvariant()}' of what to keep is wrong: {problem}",
        _ => problem,
    };

    private static byte[] Load(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                throw new BackupException(
                    BackupError.ConfigInvalid, $"'{path}' is a directory, not a configuration file.", path)
                {
                    Remedy = Remedy.ReplaceDirectory,
                };
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
            byte[] buffer = new byte[MaxSize + 1];
            int length = file.ReadAtLeast(buffer, buffer.Length, false);
            return length <= MaxSize
                ? buffer[..length]
                : throw new BackupException(
                    BackupError.ConfigInvalid, $"'{path}' is larger than 1 MiB: this is no configuration. Name a config.yml.", path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BackupException(
                BackupError.ConfigNotFound, $"The configuration '{path}' does not exist.", path, e)
            {
                Remedy = Remedy.CreateConfig,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(
                BackupError.InputOutput, $"The configuration '{path}' cannot be read: {SystemWords.Of(e)}.", path, e)
            {
                Remedy = e is UnauthorizedAccessException ? Remedy.ChangeReader : Remedy.None,
            };
        }
    }

    /// <summary>YAML is UTF-8, or UTF-16 with a byte-order mark.</summary>
    private static string Decode(byte[] bytes, string path)
    {
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            var encoding = bytes[0] == 0xFF ? Encoding.Unicode : Encoding.BigEndianUnicode;
            return encoding.GetString(bytes, 2, bytes.Length - 2);
        }

        ReadOnlySpan<byte> text = bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes.AsSpan(3) : bytes;
        if (Utf8.IsValid(text))
        {
            return Encoding.UTF8.GetString(text);
        }

        // What comes before the first byte that is no UTF-8 decodes without loss, so the replacement marks the place.
        string valid = ValidPart(text);
        int lineStart = valid.LastIndexOf('\n') + 1;
        throw VolumeConfigReader.Error(
            path,
            new Mark(valid.Length, valid.Count(c => c == '\n') + 1, valid.Length - lineStart + 1),
            "this is not UTF-8 text; save the file as UTF-8");
    }

    private static string ValidPart(ReadOnlySpan<byte> text)
    {
        int length = 0;
        while (Rune.DecodeFromUtf8(text[length..], out _, out int count) == System.Buffers.OperationStatus.Done)
        {
            length += count;
        }

        return Encoding.UTF8.GetString(text[..length]);
    }

    private static void WriteConfig(Emitter yaml, VolumeConfig config)
    {
        yaml.Emit(new MappingStart());
        WriteKey(yaml, "prefix");
        WriteText(yaml, config.Prefix);
        WriteKey(yaml, "volumes");
        yaml.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, SequenceStyle.Block));
        foreach (var volume in config.Volumes)
        {
            WriteVolume(yaml, volume);
        }

        yaml.Emit(new SequenceEnd());
        if (config.Exclude.Count > 0)
        {
            WriteKey(yaml, "exclude");
            yaml.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, SequenceStyle.Block));
            foreach (string pattern in config.Exclude)
            {
                WriteText(yaml, pattern);
            }

            yaml.Emit(new SequenceEnd());
        }

        if (config.Keep is { } keep)
        {
            WriteKey(yaml, "keep");
            WriteKeep(yaml, keep);
        }

        yaml.Emit(new MappingEnd());
    }

    private static void WriteVolume(Emitter yaml, VolumeSpec volume)
    {
        if (volume.Source is null)
        {
            WriteText(yaml, volume.Target);
            return;
        }

        yaml.Emit(new MappingStart());
        WriteKey(yaml, "target");
        WriteText(yaml, volume.Target);
        WriteKey(yaml, "source");
        WriteText(yaml, volume.Source);
        yaml.Emit(new MappingEnd());
    }

    private static void WriteKeep(Emitter yaml, RetentionPolicy keep)
    {
        yaml.Emit(new MappingStart());
        ReadOnlySpan<(string Key, object? Value)> rules =
        [
            ("last", keep.Last), ("hourly", keep.Hourly), ("daily", keep.Daily), ("weekly", keep.Weekly),
            ("monthly", keep.Monthly), ("yearly", keep.Yearly), ("within", keep.Within),
        ];
        foreach (var (key, value) in rules)
        {
            if (value is not null)
            {
                WriteKey(yaml, key);
                yaml.Emit(new Scalar(FormattableString.Invariant($"{value}")));
            }
        }

        yaml.Emit(new MappingEnd());
    }

    private static void WriteKey(Emitter yaml, string key) => yaml.Emit(new Scalar(key));

    /// <summary>Quoted always, so that no text is taken for another type.</summary>
    private static void WriteText(Emitter yaml, string text)
        => yaml.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, ScalarStyle.DoubleQuoted, false, true));
}
