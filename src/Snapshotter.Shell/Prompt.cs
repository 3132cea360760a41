namespace Snapshotter.Shell;

/// <summary>The prompt: reads statements and runs them until "exit" or the end of the input.</summary>
internal static class Prompt
{
    public static int Loop(Session session)
    {
        int exitCode = 0;
        while (session.ExitRequested is null && ReadStatement() is { } statement)
            exitCode = session.RunCommand(statement);
        return session.ExitRequested ?? exitCode;
    }

    private static string? ReadStatement()
    {
        Console.Out.Write($"PS {Environment.CurrentDirectory}> ");
        string? statement = Console.In.ReadLine();
        while (statement is not null && Session.IsIncomplete(statement))
        {
            Console.Out.Write(">> ");
            string? more = Console.In.ReadLine();
            if (string.IsNullOrEmpty(more))
                break;
            statement += '\n' + more;
        }

        return statement;
    }
}
