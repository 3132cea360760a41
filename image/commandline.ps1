# What follows the command: the parameters of its cmdlet, as one types them in PowerShell. A mistake is an ArgumentException.

# The elements of 'a,b' or "'a,b',c": what stands in quotes is one.
function Split-List([string] $Text) {
    foreach ($match in [regex]::Matches($Text, "(?:^|,)(?:'((?:[^']|'')*)'(?=,|`$)|`"([^`"]*)`"(?=,|`$)|([^,]*))")) {
        $groups = $match.Groups
        $groups[1].Success ? $groups[1].Value.Replace("''", "'") : $groups[2].Success ? $groups[2].Value : $groups[3].Value
    }
}

# A text as a parameter of the type takes it. PowerShell would read '1,2' as 12.
function ConvertTo-Argument([string] $Name, [type] $Type, [string] $Text) {
    $type = [Nullable]::GetUnderlyingType($Type) ?? $Type
    if ($type.IsArray) { return , @(Split-List $Text | ForEach-Object { ConvertTo-Argument $Name $type.GetElementType() $_ }) }
    if ($type -in [int], [long] -and $Text -notmatch '^-?\d+$') { throw [ArgumentException]"-$Name takes a number, and '$Text' is none" }
    $Text
}

# Reads arguments into a table of parameters by their full names.
function Read-Parameter([string] $Command, [Management.Automation.CmdletInfo] $Cmdlet, [object[]] $Arguments) {
    $given = @{}
    for ($i = 0; $i -lt $Arguments.Count; $i++) {
        $word = $Arguments[$i]
        if ($word -in '-Json', '--json') {
            $given.Json = $true
            continue
        }
        if ("$word" -notmatch '^-[a-z]') { throw [ArgumentException]"'$word' is no parameter of ${Command}: these begin with a dash, as in -Archive" }
        try { $parameter = $Cmdlet.ResolveParameter($word.Substring(1)) }
        catch {
            $names = $Cmdlet.Parameters.Keys.Where({ $_ -notin [Management.Automation.Cmdlet]::CommonParameters }) | Sort-Object
            throw [ArgumentException]"$Command has no parameter $word, or several that begin so. It has -$($names -join ', -') and --json"
        }
        $name = $parameter.Name
        if ($given.ContainsKey($name)) { throw [ArgumentException]"-$name is given twice" }

        # pwsh makes a boolean of what is written -Switch:true.
        $next = $i + 1 -lt $Arguments.Count ? $Arguments[$i + 1] : $null
        if ($parameter.SwitchParameter) {
            $given[$name] = $next -isnot [bool] -or $next
            if ($next -is [bool]) { $i++ }
            continue
        }
        if ($null -eq $next -or "$next" -match '^-[a-z]') { throw [ArgumentException]"-$name needs a value" }
        $given[$name] = ConvertTo-Argument $name $parameter.ParameterType $next
        $i++
    }
    $given
}

# The archive and the configuration are in their places, unless others are named or make no sense.
function Add-Default([Management.Automation.CmdletInfo] $Cmdlet, [hashtable] $Given) {
    $archive = $Cmdlet.Parameters.ContainsKey('Archive') ? 'Archive' : 'Path'
    if (-not ($Given.ContainsKey($archive) -or ($archive -eq 'Path' -and $Given.ContainsKey('LiteralPath')))) { $Given[$archive] = '/backup.tar' }

    # Only where every parameter given goes with a configuration; rules of their own need none.
    $withConfig = $Cmdlet.ParameterSets.Where({ $_.Parameters.Name -contains 'Config' })
    $fits = $withConfig.Where({ $set = $_; -not $Given.Keys.Where({ $_ -notin $set.Parameters.Name }) })
    $hasRules = $Cmdlet.Name -eq 'Optimize-BackupTar' -and $Given.Keys -like 'Keep*'
    if ($Cmdlet.Name -eq 'Optimize-BackupTar' -and $Given.Keys.Where({ $_ -in 'Prefix', 'Generation', 'All' })) { $fits = $null }
    if ($fits -and -not $Given.ContainsKey('Config') -and -not ($hasRules -and -not (Test-Path -LiteralPath '/config.yml'))) {
        $Given.Config = '/config.yml'
    }
    # Nobody is there to answer.
    if ($Cmdlet.Parameters.ContainsKey('Confirm') -and -not $Given.ContainsKey('Confirm')) { $Given.Confirm = $false }
}
