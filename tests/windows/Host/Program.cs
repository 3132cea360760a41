// What the program pwsh itself does.
return Microsoft.PowerShell.UnmanagedPSEntry.Start(args, args.Length);
