using System.Globalization;

namespace Snapshotter.Engine.Volumes;

/// <summary>What a policy says of one generation.</summary>
/// <param name="Number">The generation's number.</param>
/// <param name="Reasons">The rules that keep it: "last", "hourly", "daily", "weekly", "monthly", "yearly", "within". None when it goes.</param>
internal sealed record RetentionDecision(int Number, IReadOnlyList<string> Reasons)
{
    public bool Keep => Reasons.Count > 0;
}

/// <summary>
/// Decides which generations of one prefix stay. As restic does, the rules walk from the newest to the oldest; each
/// keeps the newest of every period that has one until its count is used up, and while some of the count is left the
/// oldest generation as well, so that the history kept is as long as it can be.
/// </summary>
internal static class RetentionRules
{
    /// <summary>The decisions, newest first. A policy without rules keeps everything.</summary>
    /// <param name="policy">The rules; a generation that any of them keeps stays.</param>
    /// <param name="generations">All generations of the prefix. Of equal times the higher number is the newer.</param>
    /// <param name="zone">The calendar that hours, days, weeks (ISO 8601), months and years are taken from; null for the local one.</param>
    /// <param name="now">A generation from after this time, made while the clock was wrong, is not what "within" counts back from.</param>
    public static IReadOnlyList<RetentionDecision> Decide(
        RetentionPolicy policy,
        IReadOnlyList<(int Number, DateTimeOffset Created)> generations,
        TimeZoneInfo? zone = null,
        DateTimeOffset? now = null)
    {
        zone ??= TimeZoneInfo.Local;
        var newestFirst = generations.OrderByDescending(g => g.Created).ThenByDescending(g => g.Number).ToList();
        if (policy.IsEmpty)
        {
            return [.. newestFirst.Select(g => new RetentionDecision(g.Number, ["no policy"]))];
        }

        List<PeriodRule> rules =
        [
            new("last", policy.Last, (_, number) => number),
            new("hourly", policy.Hourly, (time, _) => Hour(time)),
            new("daily", policy.Daily, (time, _) => DateOnly.FromDateTime(time.DateTime).DayNumber),
            new("weekly", policy.Weekly, (time, _) => ISOWeek.GetYear(time.DateTime) * 100 + ISOWeek.GetWeekOfYear(time.DateTime)),
            new("monthly", policy.Monthly, (time, _) => time.Year * 100 + time.Month),
            new("yearly", policy.Yearly, (time, _) => time.Year),
        ];
        var since = policy.Within is { } within ? Since(within, newestFirst, zone, now) : null;
        var decisions = new List<RetentionDecision>();
        for (int i = 0; i < newestFirst.Count; i++)
        {
            var (number, created) = newestFirst[i];
            var local = TimeZoneInfo.ConvertTime(created, zone);
            bool isOldest = i == newestFirst.Count - 1;
            List<string> reasons = [.. rules.Where(rule => rule.Takes(local, number, isOldest)).Select(rule => rule.Name)];
            if (created > since)
            {
                reasons.Add("within");
            }

            decisions.Add(new RetentionDecision(number, reasons));
        }

        return decisions;
    }

    /// <summary>An hour that comes twice because the clock is set back is two hours: hence the offset.</summary>
    private static long Hour(DateTimeOffset local) => (local.Ticks / TimeSpan.TicksPerHour * 10_000) + (long)local.Offset.TotalMinutes;

    private static DateTimeOffset? Since(
        RetentionSpan within, List<(int Number, DateTimeOffset Created)> newestFirst, TimeZoneInfo zone, DateTimeOffset? now)
    {
        foreach (var (_, created) in newestFirst)
        {
            if (now is null || created <= now)
            {
                return within.Before(created, zone);
            }
        }

        return DateTimeOffset.MinValue;
    }

    /// <summary>One rule and what is left of its count.</summary>
    private sealed class PeriodRule(string name, int? count, Func<DateTimeOffset, int, long> period)
    {
        private int left = count ?? 0;
        private long? last;

        public string Name => name;

        public bool Takes(DateTimeOffset local, int number, bool isOldest)
        {
            long current = period(local, number);
            if (left <= 0 || (current == last && !isOldest))
            {
                return false;
            }

            last = current;
            left--;
            return true;
        }
    }
}
