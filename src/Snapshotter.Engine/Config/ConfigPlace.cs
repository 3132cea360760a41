namespace Snapshotter.Engine.Config;

/// <summary>A part of a configuration that a mistake can be in.</summary>
internal enum ConfigField
{
    Document,
    Prefix,
    Volumes,
    Target,
    Source,
    Exclude,
    Keep,
    KeepLast,
    KeepHourly,
    KeepDaily,
    KeepWeekly,
    KeepMonthly,
    KeepYearly,
    KeepWithin,
}

/// <summary>A part of a configuration, with the index from 0 of a volume or a pattern.</summary>
internal readonly record struct ConfigPlace(ConfigField Field, int Index = 0)
{
    /// <summary>How a user finds it in an object, which has no lines.</summary>
    public override string ToString() => Field switch
    {
        ConfigField.Document => "",
        ConfigField.Prefix => "Prefix",
        ConfigField.Volumes => "Volumes",
        ConfigField.Target => $"Volumes[{Index}].Target",
        ConfigField.Source => $"Volumes[{Index}].Source",
        ConfigField.Exclude => $"Exclude[{Index}]",
        ConfigField.Keep => "Keep",
        _ => "Keep." + Field.ToString()["Keep".Length..],
    };
}
