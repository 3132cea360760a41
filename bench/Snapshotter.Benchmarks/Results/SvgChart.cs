using System.Globalization;
using System.Net;
using System.Text;
using Snapshotter.Benchmarks.Scenarios;

namespace Snapshotter.Benchmarks.Results;

/// <summary>A bar for each goal that is a ratio: the peer's time is the whole width, a tick marks the bound.</summary>
internal static class SvgChart
{
    private const int Label = 430;
    private const int Full = 400;
    private const int RowHeight = 26;

    public static string Of(Report report)
    {
        var goals = report.Scenarios.SelectMany(s => s.Outcome).Where(g => g.Goal.Measure == GoalMeasure.Ratio).ToList();
        int height = 56 + (goals.Count * RowHeight);
        var svg = new StringBuilder();
        Line(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" width="{Label + Full + 90}" height="{height}" font-family="sans-serif" font-size="13">""");
        Line(svg, $"""<rect width="100%" height="100%" fill="white"/>""");
        Line(svg, $"""<text x="12" y="24" font-size="15">Time of ours, where the other program takes the full width; the tick is the bound</text>""");
        for (int i = 0; i < goals.Count; i++)
        {
            var goal = goals[i];
            int y = 40 + (i * RowHeight);
            double bar = Math.Min(goal.Reached, 1.2) * Full;
            double tick = Label + (goal.Goal.AtMost * Full);
            string label = WebUtility.HtmlEncode($"{goal.Goal.Work} / {goal.Goal.Peer}");
            Line(svg, $"""<text x="{Label - 8}" y="{y + 15}" text-anchor="end" font-size="11">{label}</text>""");
            Line(svg, $"""<rect x="{Label}" y="{y + 2}" width="{Full}" height="18" fill="#e6e6e6"/>""");
            Line(svg, $"""<rect x="{Label}" y="{y + 2}" width="{bar:F1}" height="18" fill="{(goal.IsMet ? "#2f7d4f" : "#b4552d")}"/>""");
            Line(svg, $"""<line x1="{tick:F1}" y1="{y}" x2="{tick:F1}" y2="{y + 22}" stroke="black" stroke-width="2"/>""");
            Line(svg, $"""<text x="{Label + Math.Max(bar, Full) + 8:F1}" y="{y + 15}">{goal.Reached:0.000}</text>""");
        }

        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
