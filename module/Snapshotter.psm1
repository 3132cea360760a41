# Loads the cmdlets into an assembly load context of their own. Only what the bare PowerShell engine has is used here.
$loader = [System.Reflection.Assembly]::LoadFrom("$PSScriptRoot/Snapshotter.Loader.dll")
$cmdlets = Import-Module -PassThru -Assembly $loader.GetType('Snapshotter.Loader.ModuleLoadContext')::LoadCmdlets()

# PowerShell keeps the inner module when this one is removed, and would export nothing from it when this one is imported
# again (PowerShell issue 20710): the two go together.
$ExecutionContext.SessionState.Module.OnRemove = { Remove-Module -ModuleInfo $cmdlets }.GetNewClosure()
