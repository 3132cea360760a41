using System.Collections;
using System.Globalization;
using System.Management.Automation;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Retention;

namespace Snapshotter.PowerShell.Arguments;

/// <summary>
/// Reads a configuration out of a hashtable, the output of ConvertFrom-Json, or an object that came back from
/// Import-Clixml. As strict as a config.yml: an unknown key is a mistake.
/// </summary>
internal static class ConfigObject
{
    private static readonly string[] ConfigKeys = ["Prefix", "Volumes", "Exclude", "Keep"];
    private static readonly string[] VolumeKeys = ["Target", "Source"];
    private static readonly string[] KeepKeys = ["Last", "Hourly", "Daily", "Weekly", "Monthly", "Yearly", "Within"];

    /// <summary>What these types also show when they were written to a file and read back.</summary>
    private static readonly string[] Computed = ["Path", "ReadOnly", "IsEmpty", "ContainerName", "ContainerId", "State", "IsRunning", "Paths", "Omitted"];

    public static VolumeConfig Read(object value)
    {
        var config = new VolumeConfig();
        foreach (var (key, item) in Pairs(value, ConfigKeys))
        {
            switch (key)
            {
                case "Prefix":
                    config.Prefix = item is null ? "" : Text(key, item);
                    break;
                case "Volumes":
                    foreach (object volume in Items(item))
                        config.Volumes.Add(ReadVolume(volume));
                    break;
                case "Exclude":
                    foreach (object pattern in Items(item))
                        config.Exclude.Add(Text(key, pattern));
                    break;
                default:
                    config.Keep = item is null ? null : item as RetentionPolicy ?? ReadKeep(item);
                    break;
            }
        }

        return config;
    }

    private static VolumeSpec ReadVolume(object value)
    {
        switch (value)
        {
            case VolumeSpec volume:
                return volume;
            case string path:
                return new VolumeSpec { Target = path };
            case FileSystemInfo info:
                return new VolumeSpec { Target = info.FullName };
        }

        string? target = null;
        string? source = null;
        foreach (var (key, item) in Pairs(value, VolumeKeys))
        {
            if (key == "Target")
                target = Text(key, item);
            else
                source = item is null ? null : Text(key, item);
        }

        return new VolumeSpec
        {
            Target = target ?? throw Invalid(Messages.Format(nameof(Messages.NotAVolume), value)),
            Source = source,
        };
    }

    private static RetentionPolicy ReadKeep(object value)
    {
        var keep = new RetentionPolicy();
        foreach (var (key, item) in Pairs(value, KeepKeys))
        {
            if (item is null)
                continue;
            keep = key switch
            {
                "Last" => keep with { Last = Count(key, item) },
                "Hourly" => keep with { Hourly = Count(key, item) },
                "Daily" => keep with { Daily = Count(key, item) },
                "Weekly" => keep with { Weekly = Count(key, item) },
                "Monthly" => keep with { Monthly = Count(key, item) },
                "Yearly" => keep with { Yearly = Count(key, item) },
                _ => keep with { Within = item as RetentionSpan? ?? Span(Text(key, item)) },
            };
        }

        return keep;
    }

    /// <summary>The pairs of a dictionary or the properties of an object, under the keys as they are spelt here.</summary>
    private static IEnumerable<(string Key, object? Value)> Pairs(object value, string[] known)
    {
        bool isDictionary = value is IDictionary;
        IEnumerable<(string, object?)> pairs = value is IDictionary dictionary
            ? dictionary.Cast<DictionaryEntry>().Select(e => (e.Key.ToString() ?? "", e.Value))
            : PSObject.AsPSObject(value).Properties.Select(p => (p.Name, (object?)p.Value));
        foreach (var (name, item) in pairs)
        {
            string? key = Array.Find(known, k => k.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (key is not null)
                yield return (key, Plain(item));
            else if (isDictionary || !Computed.Contains(name))
                throw Invalid(Messages.Format(nameof(Messages.UnknownKey), name, string.Join(", ", known)));
        }
    }

    /// <summary>The elements of a list; a single value is a list of one.</summary>
    private static IEnumerable<object> Items(object? value) => value switch
    {
        null => [],
        IList list => list.Cast<object?>().Select(i => Plain(i) ?? throw Invalid(Messages.Format(nameof(Messages.NotAVolume), ""))),
        _ => [value],
    };

    private static object? Plain(object? value) => value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;

    private static string Text(string key, object? value)
        => value as string ?? throw Invalid(Messages.Format(nameof(Messages.WrongValue), key, value, "a text"));

    private static int Count(string key, object value)
    {
        try
        {
            return Convert.ToInt32(value, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is FormatException or InvalidCastException or OverflowException)
        {
            throw Invalid(Messages.Format(nameof(Messages.WrongValue), key, value, "a whole number"));
        }
    }

    private static RetentionSpan Span(string text) => RetentionSpan.TryParse(text, out RetentionSpan span)
        ? span
        : throw Invalid(Messages.Format(nameof(Messages.NotASpan), text));

    private static BackupException Invalid(string message) => new(BackupError.ConfigInvalid, message);
}
