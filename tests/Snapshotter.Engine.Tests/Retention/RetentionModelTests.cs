using System.Globalization;
using CsCheck;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Retention;

namespace Snapshotter.Engine.Tests.Retention;

/// <summary>
/// Backups of random sets of volumes with random rules, one after the other, against a simple model: who goes is exactly who
/// the rules, read one by one, let go; and never what a restore needs.
/// </summary>
public sealed class RetentionModelTests
{
    private const string Prefix = "p";
    private static readonly string[] Targets = ["/a", "/b", "/c", "/d"];
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<RetentionPolicy?> Policies = Gen.Select(Gen.Int[0, 3].Array[6], Gen.Int[0, 12])
        .Select((counts, days) => new RetentionPolicy
        {
            Last = OrNull(counts[0]),
            Hourly = OrNull(counts[1] - 1),
            Daily = OrNull(counts[2] - 1),
            Weekly = OrNull(counts[3] - 2),
            Monthly = OrNull(counts[4] - 2),
            Yearly = OrNull(counts[5] - 2),
            Within = days < 6 ? null : new RetentionSpan(0, 0, days, 0),
        })
        .Select(policy => policy.IsEmpty ? null : policy);

    /// <summary>A backup: its volumes, those that are incomplete, hours since the one before, by how many hours the clock is wrong, rules.</summary>
    private static readonly Gen<Step> Steps = Gen.Select(
            Gen.Int[1, 15], Gen.Int[0, 15], Gen.Int[0, 60], Gen.Frequency((9, Gen.Const(0)), (1, Gen.Int[1, 50_000])), Policies)
        .Select((volumes, incomplete, hours, ahead, policy) => new Step(volumes, incomplete, hours, ahead, policy));

    [Fact]
    public void What_goes_is_what_the_rules_let_go_and_nothing_that_a_restore_needs()
        => Steps.Array[1, 25].Sample(steps => Replay(steps), iter: 2_000);

    [Fact]
    public void An_unset_clock_removes_nothing()
    {
        var options = new OptimizeOptions { Keep = new RetentionPolicy { Last = 1 } };
        var generations = new List<Generation> { Make(1, 1, 0, Begin), Make(2, 1, 0, Begin.AddDays(1)) };
        Assert.Equal(
            BackupError.ClockNotSet,
            Assert.Throws<BackupException>(() => GenerationSelection.Decide("x", generations, options, DateTimeOffset.UnixEpoch)).Error);
    }

    private static void Replay(Step[] steps)
    {
        var archive = new List<Generation>();
        var newest = new Dictionary<string, int>();
        var newestComplete = new Dictionary<string, int>();
        var now = Begin;
        for (int i = 0; i < steps.Length; i++)
        {
            var step = steps[i];
            now += TimeSpan.FromHours(step.Hours);
            var made = Make(i + 1, step.Volumes, step.Incomplete, now.AddHours(step.Ahead));
            archive.Add(made);
            foreach (var volume in made.Volumes)
            {
                newest[volume.Id] = made.Number;
                if (volume.Complete)
                {
                    newestComplete[volume.Id] = made.Number;
                }
            }

            if (step.Policy is not { } policy)
            {
                continue;
            }

            var own = made.Volumes.Select(v => v.Id).ToHashSet();
            foreach (bool ofAllVolumes in i % 5 == 4 ? [false, true] : new[] { false })
            {
                var options = new OptimizeOptions { Prefix = Prefix, PrefixIsLiteral = true, Keep = policy, Judged = ofAllVolumes ? null : own };
                var verdicts = GenerationSelection.Decide("x", archive, options, now);
                Assert.Equal(
                    archive.Where(g => ModelKeeps(archive, g, policy, ofAllVolumes ? null : own, now)).Select(g => g.Number),
                    verdicts.Where(v => v.Reasons.Count > 0).Select(v => v.Generation.Number));
                archive = [.. verdicts.Where(v => v.Reasons.Count > 0).Select(v => v.Generation)];
            }

            var left = archive.Select(g => g.Number).ToHashSet();
            Assert.Subset(left, newest.Values.Concat(newestComplete.Values).ToHashSet());
        }
    }

    private static bool ModelKeeps(List<Generation> archive, Generation generation, RetentionPolicy policy, HashSet<string>? judged, DateTimeOffset now)
        => generation.Volumes.Any(volume =>
        {
            var holders = archive.Where(g => g.Volumes.Any(v => v.Id == volume.Id)).ToList();
            return judged?.Contains(volume.Id) == false
                || holders[^1] == generation
                || holders.FindLast(g => g.Volumes.Single(v => v.Id == volume.Id).Complete) == generation
                || holders.FindLast(g => g.Volumes.All(v => v.Complete)) == generation
                || ModelRuleKeeps(holders, holders.IndexOf(generation), policy, now);
        });

    /// <summary>Each rule by itself, as the documentation has it.</summary>
    private static bool ModelRuleKeeps(List<Generation> holders, int index, RetentionPolicy policy, DateTimeOffset now)
    {
        var times = holders.Select((g, i) => holders.Skip(i).Select(h => h.Created).FirstOrDefault(t => t <= now, now)).ToList();
        int[] newestFirst = [.. Enumerable.Range(0, times.Count).OrderByDescending(i => times[i]).ThenByDescending(i => i)];
        DateTime Local(int i) => TimeZoneInfo.ConvertTime(times[i], TimeZoneInfo.Local).DateTime;

        bool Keeps(int? count, Func<int, object> period)
        {
            var representatives = newestFirst.GroupBy(period).Select(g => g.First()).ToList();
            return count is { } n && (representatives.Take(n).Contains(index) || (representatives.Count < n && newestFirst[^1] == index));
        }

        var sane = holders.Select(g => g.Created).Where(t => t <= now).DefaultIfEmpty(now).Max();
        return Keeps(policy.Last, i => i)
            || Keeps(policy.Hourly, i => times[i].UtcTicks / TimeSpan.TicksPerHour)
            || Keeps(policy.Daily, i => Local(i).Date)
            || Keeps(policy.Weekly, i => (ISOWeek.GetYear(Local(i)), ISOWeek.GetWeekOfYear(Local(i))))
            || Keeps(policy.Monthly, i => (Local(i).Year, Local(i).Month))
            || Keeps(policy.Yearly, i => Local(i).Year)
            || (policy.Within is { } within && times[index] > within.Before(sane, TimeZoneInfo.Local));
    }

    private static Generation Make(int number, int volumes, int incomplete, DateTimeOffset created) => new()
    {
        Number = number,
        Prefix = Prefix,
        PrefixBytes = [(byte)'p'],
        Created = created,
        Start = number * 100,
        ManifestOffset = (number * 100) + 50,
        End = (number * 100) + 100,
        Trailer = TrailerState.Valid,
        Volumes = [.. Enumerable.Range(0, Targets.Length).Where(i => (volumes >> i & 1) == 1).Select(i => new ManifestVolume
        {
            Id = EntryNames.IdOf(Targets[i]),
            Target = Targets[i],
            IsDirectory = true,
            Complete = (incomplete >> i & 1) == 0,
        })],
    };

    private static int? OrNull(int count) => count > 0 ? count : null;

    private sealed record Step(int Volumes, int Incomplete, int Hours, int Ahead, RetentionPolicy? Policy);
}
