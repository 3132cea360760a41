using System.Globalization;
using CsCheck;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Retention;

[OnWindowsToo]
public sealed class RetentionRulesTests
{
    /// <summary>Central Europe: one hour ahead of UTC, two from the last Sunday of March to that of October.</summary>
    private static readonly TimeZoneInfo CentralEurope = TimeZoneInfo.CreateCustomTimeZone(
        "test", TimeSpan.FromHours(1), null, null, null,
        [
            TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
                DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday)),
        ]);

    /// <summary>Policy; times in UTC, numbered from 1; what stays, each with the first letters of its rules.</summary>
    public static TheoryData<string, string, string> Table => new()
    {
        // Counts.
        { "last=1", "2026-01-01, 2026-01-02, 2026-01-03", "3:l" },
        { "last=2", "2026-01-01, 2026-01-02, 2026-01-03", "3:l 2:l" },
        { "last=9", "2026-01-01, 2026-01-02", "2:l 1:l" },
        { "", "2026-01-01, 2026-01-02", "2:n 1:n" },

        // The order is that of time, not that of the archive.
        { "last=1", "2026-01-03, 2026-01-01, 2026-01-02", "1:l" },

        // Equal times: the one written later is the newer.
        { "last=1", "2026-01-01, 2026-01-01, 2026-01-01", "3:l" },
        { "last=2", "2026-01-01, 2026-01-01, 2026-01-01", "3:l 2:l" },
        { "daily=1", "2026-01-01, 2026-01-01, 2026-01-01", "3:d" },
        { "within=1h", "2026-01-01, 2026-01-01", "2:w 1:w" },

        // The newest of each period; periods without one do not count.
        { "hourly=2", "2026-01-05T07:10, 2026-01-05T09:00, 2026-01-05T09:59, 2026-01-05T12:00", "4:h 3:h" },
        { "daily=2", "2026-01-01T08:00, 2026-01-05T08:00, 2026-01-05T20:00, 2026-01-09T08:00", "4:d 3:d" },
        { "monthly=2", "2025-10-31, 2025-12-01, 2025-12-31, 2026-03-01", "4:m 3:m" },
        { "yearly=2", "2019-05-05, 2021-01-01, 2021-12-31, 2026-03-01", "4:y 3:y" },

        // While a count is not used up the oldest stays as well.
        { "daily=3", "2026-01-01T08:00, 2026-01-01T12:00, 2026-01-01T20:00, 2026-01-02T08:00", "4:d 3:d 1:d" },
        { "daily=2", "2026-01-01T08:00, 2026-01-01T12:00, 2026-01-01T20:00, 2026-01-02T08:00", "4:d 3:d" },
        { "yearly=5", "2026-01-01, 2026-02-01, 2026-03-01", "3:y 1:y" },

        // Weeks are those of ISO 8601: 29 December 2025 to 4 January 2026 is one, and Sunday belongs to the week before.
        { "weekly=2", "2025-12-28, 2025-12-29, 2026-01-01, 2026-01-04", "4:i 1:i" },
        { "weekly=1", "2025-12-28, 2025-12-29, 2026-01-01, 2026-01-04", "4:i" },
        { "weekly=3", "2020-12-27, 2020-12-28, 2021-01-03, 2021-01-04", "4:i 3:i 1:i" },

        // Several rules keep the union, and each walks on its own.
        { "last=1 daily=2 monthly=2", "2026-01-30, 2026-01-31, 2026-02-01, 2026-02-02", "4:ldm 3:d 2:m" },
        { "last=2 yearly=1", "2026-01-30, 2026-01-31, 2026-02-01", "3:ly 2:l" },

        // Within: relative to the newest; what is exactly as old goes.
        { "within=14d", "2026-01-01, 2026-01-06, 2026-01-06T00:00:01, 2026-01-20", "4:w 3:w" },
        { "within=36h", "2026-01-18T12:00, 2026-01-18T12:01, 2026-01-20", "3:w 2:w" },
        { "within=1m", "2026-02-02, 2026-03-03, 2026-03-04, 2026-03-31", "4:w 3:w" },
        { "within=1y", "2023-02-28, 2023-03-01, 2023-03-02, 2024-02-29", "4:w 3:w" },
        { "within=2y5m7d3h", "2023-07-24T21:00, 2023-07-24T21:01, 2026-01-01", "3:w 2:w" },
        { "within=999999y", "0001-01-02, 2026-01-01", "2:w 1:w" },
        { "last=1 within=1d", "2026-01-01, 2026-01-02, 2026-01-03", "3:lw" },

        // A clock that ran ahead does not make everything else old: now is 2027.
        { "within=14d", "2026-01-01, 2026-01-20, 2099-01-01", "3:w 2:w" },
        { "within=14d", "2098-01-01, 2099-01-01", "2:w 1:w" },

        // Nor does it take a place of those made since: it counts as of the same time as the next one, or as of now.
        { "last=2", "2099-01-01, 2026-01-01, 2026-01-02, 2026-01-03", "4:l 3:l" },
        { "daily=2", "2099-01-01, 2026-01-01, 2026-01-02, 2026-01-03", "4:d 3:d" },
        { "yearly=2", "2025-01-01, 2099-01-01, 2098-01-01, 2026-01-02, 2026-01-03", "5:y 1:y" },
        { "within=1d", "2099-01-01, 2026-01-01, 2026-01-02, 2026-01-03", "4:w" },
        { "daily=2", "2026-12-31, 2027-01-01, 2099-01-01", "3:d 1:d" },
        { "last=1", "2026-12-31, 2099-01-01, 2098-01-01", "3:l" },
    };

    /// <summary>As <see cref="Table"/>, in the calendar of central Europe, where clocks change on 29 March and 25 October 2026.</summary>
    public static TheoryData<string, string, string> LocalTable => new()
    {
        // Midnight is at 23:00 UTC in winter and at 22:00 UTC in summer.
        { "daily=2", "2026-01-09T22:59, 2026-01-09T23:00, 2026-01-10T22:59", "3:d 1:d" },
        { "daily=2", "2026-07-09T21:59, 2026-07-09T22:00, 2026-07-10T21:59", "3:d 1:d" },

        // The day of 23 hours: from 28 March 23:00 UTC to 29 March 22:00 UTC.
        { "daily=9", "2026-03-28T22:59, 2026-03-28T23:00, 2026-03-29T21:59, 2026-03-29T22:00", "4:d 3:d 1:d" },

        // The day of 25 hours: from 24 October 22:00 UTC to 25 October 23:00 UTC.
        { "daily=9", "2026-10-24T21:59, 2026-10-24T22:00, 2026-10-25T22:59, 2026-10-25T23:00", "4:d 3:d 1:d" },

        // 02:30 comes twice in October and never in March.
        { "hourly=9", "2026-10-25T00:30, 2026-10-25T01:30, 2026-10-25T02:30", "3:h 2:h 1:h" },
        { "hourly=9", "2026-03-29T00:59, 2026-03-29T01:00", "2:h 1:h" },

        // New Year is at 23:00 UTC.
        { "yearly=2", "2025-12-31T22:59, 2025-12-31T23:00", "2:y 1:y" },
        { "monthly=1", "2026-06-30T21:59, 2026-06-30T22:00", "2:m" },

        // A day back is a day of the calendar: noon to noon, over 23 hours in March and 25 in October.
        { "within=1d", "2026-03-28T11:00, 2026-03-28T11:01, 2026-03-29T10:00", "3:w 2:w" },
        { "within=1d", "2026-10-24T10:00, 2026-10-24T10:01, 2026-10-25T11:00", "3:w 2:w" },
        { "within=24h", "2026-10-24T11:00, 2026-10-24T11:01, 2026-10-25T11:00", "3:w 2:w" },

        // A day back to 02:30, which does not exist on 29 March.
        { "within=1d", "2026-03-29T00:00, 2026-03-29T23:00, 2026-03-30T00:30", "3:w 2:w" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Keeps_what_the_rules_say(string policy, string times, string stay)
        => Assert.Equal(stay, Decide(policy, times, TimeZoneInfo.Utc));

    [Theory]
    [MemberData(nameof(LocalTable))]
    public void Follows_the_calendar_where_clocks_change(string policy, string times, string stay)
        => Assert.Equal(stay, Decide(policy, times, CentralEurope));

    [Fact]
    public void Nothing_is_decided_of_nothing()
        => Assert.Empty(RetentionRules.Decide(new RetentionPolicy { Last = 1, Within = new RetentionSpan(0, 0, 1, 0) }, [], DateTimeOffset.UtcNow));

    [Fact]
    public void Any_policy_keeps_the_newest_and_more_rules_never_keep_less()
        => Gen.Select(Gen.Int[1, 40].SelectMany(n => Gen.Int[0, 5_000].Array[n]), Gen.Int[0, 5].Array[6], Gen.Int[0, 60])
            .Sample((hours, counts, days) =>
            {
                var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
                var generations = hours.Select((h, i) => (Number: i + 1, Created: start.AddHours(h))).ToList();
                var small = Policy(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], days);
                if (small.IsEmpty)
                {
                    return;
                }

                var kept = Kept(small, generations);
                Assert.Contains(generations.MaxBy(g => (g.Created, g.Number)).Number, kept);
                Assert.All(
                    new[] { small with { Last = (small.Last ?? 0) + 1 }, small with { Yearly = small.Yearly ?? 1 } },
                    larger => Assert.Subset(Kept(larger, generations), kept));
            });

    private static HashSet<int> Kept(RetentionPolicy policy, IReadOnlyList<(int, DateTimeOffset)> generations)
        => [.. RetentionRules.Decide(policy, generations, DateTimeOffset.MaxValue, CentralEurope).Where(d => d.Keep).Select(d => d.Number)];

    private static RetentionPolicy Policy(int last, int hourly, int daily, int weekly, int monthly, int yearly, int days) => new()
    {
        Last = NullIfZero(last),
        Hourly = NullIfZero(hourly),
        Daily = NullIfZero(daily),
        Weekly = NullIfZero(weekly),
        Monthly = NullIfZero(monthly),
        Yearly = NullIfZero(yearly),
        Within = days == 0 ? null : new RetentionSpan(0, 0, days, 0),
    };

    private static int? NullIfZero(int count) => count == 0 ? null : count;

    private static string Decide(string rules, string times, TimeZoneInfo zone)
    {
        var policy = new RetentionPolicy();
        foreach (string[] rule in rules.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(r => r.Split('=')))
        {
            int count = rule[0] == "within" ? 0 : int.Parse(rule[1], CultureInfo.InvariantCulture);
            policy = rule[0] switch
            {
                "last" => policy with { Last = count },
                "hourly" => policy with { Hourly = count },
                "daily" => policy with { Daily = count },
                "weekly" => policy with { Weekly = count },
                "monthly" => policy with { Monthly = count },
                "yearly" => policy with { Yearly = count },
                _ => policy with { Within = RetentionSpan.Parse(rule[1]) },
            };
        }

        var generations = times.Split(", ").Select((time, i) => (
            Number: i + 1,
            Created: DateTimeOffset.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal))).ToList();
        var decisions = RetentionRules.Decide(policy, generations, new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero), zone);

        Assert.Equal(generations.Select(g => g.Number).Order(), decisions.Select(d => d.Number).Order());

        // "weekly" is written i, for the ISO week, since w is "within".
        return string.Join(' ', decisions.Where(d => d.Keep).Select(
            d => $"{d.Number}:{string.Concat(d.Reasons.Select(r => r == "weekly" ? 'i' : r[0]))}"));
    }
}
