using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Snapshotter.Engine.Tests.FileSystem;

/// <summary>
/// Runs code without root's rights. To the kernel these belong to a thread, so a thread that gives them up (by the
/// system calls themselves: libc would tell all threads) leaves the rest of the test run as it is.
/// </summary>
internal static partial class OrdinaryUser
{
    private const nint Nobody = 65534;

    public static void Run(Action action)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            action();
            return;
        }
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                BecomeNobody();
                action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private static void BecomeNobody()
    {
        var (setGroups, setGroup, setUser) = RuntimeInformation.ProcessArchitecture == Architecture.X64
            ? (116, 119, 117)
            : (159, 149, 147);
        Assert.Equal(0, syscall(setGroups, 0, 0, 0));
        Assert.Equal(0, syscall(setGroup, Nobody, Nobody, Nobody));
        Assert.Equal(0, syscall(setUser, Nobody, Nobody, Nobody));
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint first, nint second, nint third);
}
