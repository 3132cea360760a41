using System.Globalization;
using System.Text;
using Snapshotter.Benchmarks.Scenarios;

namespace Snapshotter.Benchmarks.Results;

/// <summary>The report as two Markdown tables: the goals, and every contender's medians.</summary>
internal static class MarkdownTable
{
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        Line(text, $"{report.Machine}, {report.Date:yyyy-MM-dd}, scale {report.Scale}, medians of {Runs(report)} runs.");
        Line(text, $"");
        Line(text, $"| work | ours against | measured | at most | | CPU ratio |");
        Line(text, $"|---|---|---:|---:|---|---:|");
        foreach (var goal in report.Scenarios.SelectMany(s => s.Outcome))
        {
            double? cpu = goal.Goal.Measure == GoalMeasure.ExtraMegabytes ? null : goal.CpuRatio;
            Line(text, $"| {goal.Goal.Work} | {goal.Goal.Peer} | {Number(goal, goal.Reached)} | {Number(goal, goal.Goal.AtMost)} | {(goal.IsMet ? "met" : "**missed**")} | {cpu:F2} |");
        }

        Line(text, $"");
        Line(text, $"| scenario | contender | wall s | fastest s | engine s | CPU s | peak MB | us a file | |");
        Line(text, $"|---|---|---:|---:|---:|---:|---:|---:|---|");
        foreach (var scenario in report.Scenarios)
        {
            foreach (var row in scenario.Contenders)
            {
                double? perFile = row.Files > 0 ? row.Wall / row.Files * 1e6 : null;
                Line(text, $"| {scenario.Name} | {row.Name} | {row.Wall:F3} | {row.Samples.Min(s => s.Wall):F3} | {row.Engine:F3} | {row.Cpu:F3} | {row.PeakMegabytes:F0} | {perFile:F1} | {row.Observed} |");
            }
        }

        return text.ToString();
    }

    /// <summary>Scenarios measured apart may have had more rounds than others.</summary>
    private static string Runs(Report report)
    {
        int[] counts = [.. report.Scenarios.SelectMany(s => s.Contenders).Select(c => c.Samples.Count)];
        return counts.Length == 0 ? "no" : counts.Min() == counts.Max() ? $"{counts.Max()}" : $"{counts.Min()} to {counts.Max()}";
    }

    private static string Number(GoalResult goal, double value) => goal.Goal.Measure switch
    {
        GoalMeasure.ExtraMilliseconds => string.Create(CultureInfo.InvariantCulture, $"{value:F0} ms"),
        GoalMeasure.ExtraMegabytes => string.Create(CultureInfo.InvariantCulture, $"{value:F0} MB"),
        _ => value.ToString(value < 0.1 ? "F3" : "F2", CultureInfo.InvariantCulture),
    };

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
