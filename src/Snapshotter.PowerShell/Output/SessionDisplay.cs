using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace Snapshotter.PowerShell.Output;

/// <summary>
/// Tells each session that imports the module how its results are shown. From files (<c>TypesToProcess</c>,
/// <c>FormatsToProcess</c>) a session takes that only where its execution policy lets unsigned files in; what is compiled is
/// not asked for a signature, and needs no parsing. It stays when the module is removed.
/// </summary>
public sealed class SessionDisplay : IModuleAssemblyInitializer
{
    private const BindingFlags Inner = BindingFlags.Instance | BindingFlags.NonPublic;

    /// <summary>Adds members and views to the session, unless an earlier import did.</summary>
    public void OnImport() => Add(Runspace.DefaultRunspace, directly: true);

    /// <summary>Adds members and views to a session.</summary>
    /// <param name="runspace">The session of this thread.</param>
    /// <param name="directly">Whether to try what PowerShell does itself with the files of a module.</param>
    internal static void Add(Runspace runspace, bool directly)
    {
        InitialSessionState known = runspace.InitialSessionState;
        var added = InitialSessionState.Create();
        added.ThrowOnRunspaceOpenError = true;
        added.Types.Add(DisplayMembers.All().ExceptBy(known.Types.Select(entry => entry.TypeData?.TypeName), members => members.TypeName)
            .Select(members => new SessionStateTypeEntry(members, isRemove: false)));
        // A session whose results are shown elsewhere, as in remoting, takes no formats.
        if (!known.DisableFormatUpdates)
        {
            added.Formats.Add(DisplayViews.All().ExceptBy(known.Formats.Select(entry => entry.FormatData?.TypeName), views => views.TypeName)
                .Select(views => new SessionStateFormatEntry(views)));
        }

        if (added.Types.Count + added.Formats.Count > 0 && !(directly && TryUpdate(added, runspace)))
            UpdateByCmdlets(added, known);
    }

    /// <summary>
    /// What PowerShell calls for the files of a module. It is not public, and is looked for; starting the cmdlets that are
    /// takes longer than all the rest of an import.
    /// </summary>
    private static bool TryUpdate(InitialSessionState added, Runspace runspace)
    {
        object? context = typeof(Runspace).GetProperty("ExecutionContext", Inner)?.GetValue(runspace);
        if (context is null || Method("UpdateTypes") is not { } types || Method("UpdateFormats") is not { } formats)
            return false;

        object[] arguments = [context, true];
        types.Invoke(added, BindingFlags.DoNotWrapExceptions, null, arguments, null);
        formats.Invoke(added, BindingFlags.DoNotWrapExceptions, null, arguments, null);
        return true;

        MethodInfo? Method(string name) => typeof(InitialSessionState).GetMethod(name, Inner, [context.GetType(), typeof(bool)]);
    }

    private static void UpdateByCmdlets(InitialSessionState added, InitialSessionState known)
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        if (added.Types.Count > 0)
        {
            shell.AddCommand(Utility("Update-TypeData", "UpdateTypeDataCommand"))
                .AddParameter("TypeData", added.Types.Select(entry => entry.TypeData).ToArray()).AddStatement();
        }

        if (added.Formats.Count > 0)
        {
            known.Formats.Add(added.Formats);
            shell.AddCommand(Utility("Update-FormatData", "UpdateFormatDataCommand"));
        }

        shell.Invoke();
        if (shell.Streams.Error is [var error, ..])
            throw new RuntimeException(error.Exception.Message, error.Exception, error);
    }

    /// <summary>A cmdlet by its class: by its name, PowerShell would import the whole module that it is from.</summary>
    private static CmdletInfo Utility(string name, string type) =>
        new(name, Type.GetType($"Microsoft.PowerShell.Commands.{type}, Microsoft.PowerShell.Commands.Utility", throwOnError: true));
}
