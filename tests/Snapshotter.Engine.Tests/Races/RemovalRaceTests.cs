using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.Faults;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Races;

/// <summary>Content is removed while somebody moves it about: at every single step, each trick once.</summary>
public sealed class RemovalRaceTests(ITestOutputHelper output)
{
    [Theory]
    [MemberData(nameof(Neighbour.Tricks), MemberType = typeof(Neighbour))]
    public void Nothing_outside_is_removed(string trick)
    {
        var start = Neighbour.Build();
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        bool isOver = false;
        int at = 0;
        for (; !isOver; at++)
        {
            var disk = start.Clone();
            var neighbour = new Neighbour(disk);
            var expected = neighbour.NotHis();
            var racing = new RacingFileSystem(disk, moment =>
            {
                if (moment.Number == at)
                {
                    neighbour.Play(trick);
                }
            });
            string outcome = Remove(racing);
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            isOver = racing.Calls <= at;
            string moment = $"{trick}, before step {at}, {outcome}";
            Assert.True(expected.Equals(neighbour.NotHis()), moment + ": " + expected.Differences(neighbour.NotHis()));
            Assert.Equal(0, racing.Open);
            if (disk.MountPointsBelow("/") is { Count: > 0 } mounts)
            {
                Assert.True(disk.TryGetStatus(mounts[0] + "/mounted/inside", out _), moment + ": what is mounted was emptied");
                Assert.NotEqual("removed", outcome);
            }
            else
            {
                // When nobody is at work any more, the rest goes.
                Assert.Equal("removed", Remove(disk));
                Assert.Equal(1, TreeSnapshot.Of(disk, Neighbour.Volume).Count);
            }
        }

        output.WriteLine($"{trick}: {at} steps, {string.Join(", ", outcomes.Select(o => $"{o.Key} {o.Value}"))}");
        Assert.InRange(at, 500, int.MaxValue);
    }

    private static string Remove(IFileSystem fileSystem)
    {
        try
        {
            TreeRemover.RemoveContent(fileSystem.OpenDirectory(Neighbour.Volume), new KeepTree());
            return "removed";
        }
        catch (FileSystemException e)
        {
            return e.Error.ToString();
        }
    }
}
