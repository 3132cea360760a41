using System.Globalization;

namespace Snapshotter.Engine.Retention;

/// <summary>What a policy says of one generation.</summary>
/// <param name="Number">The generation's number.</param>
/// <param name="Reasons">The rules that keep it: "last", "hourly", "daily", "weekly", "monthly", "yearly", "within". None when it goes.</param>
internal sealed record RetentionDecision(int Number, IReadOnlyList<string> Reasons)
{
    public bool Keep => Reasons.Count > 0;
}

/// <summary>
/// Decides which generations of one volume stay. As restic does, the rules walk from the newest to the oldest; each
/// keeps the newest of every period that has one until its count is used up, and while some of the count is left the
/// oldest generation as well, so that the history kept is as long as it can be.
/// </summary>
internal static class RetentionRules
{
    /// <summary>The decisions, newest first. A policy without rules keeps everything.</summary>
    /// <param name="policy">The rules; a generation that any of them keeps stays.</param>
    /// <param name="generations">All generations that hold the volume, in the order of the archive. Of equal times the higher number is the newer.</param>
    /// <param name="now">The time of the decision.</param>
    /// <param name="zone">The calendar that hours, days, weeks (ISO 8601), months and years are taken from; null for the local one.</param>
    public static IReadOnlyList<RetentionDecision> Decide(
        RetentionPolicy policy,
        IReadOnlyList<(int Number, DateTimeOffset Created)> generations,
        DateTimeOffset now,
        TimeZoneInfo? zone = null)
    {
        zone ??= TimeZoneInfo.Local;
        var newestFirst = WithoutFuture(generations, now).OrderByDescending(g => g.Created).ThenByDescending(g => g.Number).ToList();
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

        // A clock that ran ahead does not make everything else old.
        var sane = generations.Select(g => g.Created).Where(created => created <= now).DefaultIfEmpty(now).Max();
        var since = policy.Within?.Before(sane, zone);
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

    /// <summary>
    /// What is dated after now was made while the clock was wrong. It was made before the one that follows it in the archive
    /// and counts as of the same time, the last one as of now: so it takes no place of those made since.
    /// </summary>
    private static (int Number, DateTimeOffset Created)[] WithoutFuture(
        IReadOnlyList<(int Number, DateTimeOffset Created)> generations, DateTimeOffset now)
    {
        var times = generations.ToArray();
        var next = now;
        for (int i = times.Length - 1; i >= 0; i--)
        {
            next = times[i].Created > now ? next : times[i].Created;
            times[i].Created = next;
        }

        return times;
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
