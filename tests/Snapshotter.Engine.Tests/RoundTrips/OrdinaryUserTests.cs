using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.RoundTrips;

/// <summary>Root may do everything; most users are not root.</summary>
public class OrdinaryUserTests
{
    [Fact]
    public void The_round_trips_hold_without_privileges_too()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            // Then the tests themselves run as an ordinary user.
            return;
        }

        // A copy, as the checkout may lie where only root may look.
        using var folder = new TempFolder();
        Tool.Run("chmod", "755", folder.Path).Succeeds();
        string copy = folder["tests"];
        Tool.Run("cp", "-r", AppContext.BaseDirectory, copy).Succeeds();
        string scratch = folder.CreateFolder("tmp");
        Tool.Run("chmod", "1777", scratch).Succeeds();
        Tool.Run("chmod", "-R", "a+rX", copy).Succeeds();
        Tool.Run(
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", $"TMPDIR={scratch}", $"HOME={scratch}",
            "dotnet", Path.Combine(copy, "Snapshotter.Engine.Tests.dll"), "-class", typeof(RandomTreeTests).FullName!).Succeeds();
    }
}
