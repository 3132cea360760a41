# Lines of the log: a time, then what happened. Results go to stdout, all else to stderr.

function Format-Time([DateTimeOffset] $Time) { $Time.UtcDateTime.ToString('s') + 'Z' }

# Archives of the original do not say how much a volume holds.
function Format-Count($Number, [string] $One, [string] $Many = "${One}s") {
    $null -eq $Number ? "number of $Many unknown" : "$Number $($Number -eq 1 ? $One : $Many)"
}

function Format-Size($Bytes) { $null -eq $Bytes ? 'size unknown' : [Snapshotter.PowerShell.Output.DisplayText]::Size($Bytes) }

function Format-Duration([TimeSpan] $Time) { [Snapshotter.PowerShell.Output.DisplayText]::Duration($Time) }

# Names may hold what a terminal takes for commands, or line breaks. Before the module is there nothing of an archive is told.
function Format-Name([string] $Name) { [Snapshotter.PowerShell.Output.DisplayText]::Safe($Name) }

function Format-Line([string] $Line) {
    'Snapshotter.PowerShell.Output.DisplayText' -as [type] ? [Snapshotter.PowerShell.Output.DisplayText]::SafeLine($Line) : $Line
}

function Write-Log([string] $Line) { [Console]::Out.WriteLine("$(Format-Time ([DateTimeOffset]::Now)) $(Format-Line $Line)") }

# What is said to the console itself, as -WhatIf does, becomes lines of the log as well.
function Invoke-Logged([scriptblock] $Action) {
    $console = [Console]::Out
    $said = [IO.StringWriter]::new()
    [Console]::SetOut($said)
    try { & $Action }
    finally {
        [Console]::SetOut($console)
        foreach ($line in $said.ToString().Split("`n", [StringSplitOptions]'RemoveEmptyEntries, TrimEntries')) { Write-Log $line }
    }
}

# Every line of a text has its time: none can be lost from a log that is searched by line.
function Write-Complaint([string] $Kind, [string] $Text) {
    foreach ($line in $Text.TrimEnd() -split '\r?\n') {
        [Console]::Error.WriteLine("$(Format-Time ([DateTimeOffset]::Now)) ${Kind}: $(Format-Line $line)")
    }
}

# A result as JSON has it: the properties of its class, enumerations by name, durations in seconds.
function ConvertTo-Plain($Value) {
    switch ($Value) {
        { $null -eq $_ -or $_ -is [string] -or ($_ -is [ValueType] -and $_.GetType().IsPrimitive) } { return $_ }
        { $_ -is [enum] } { return "$_" }
        { $_ -is [TimeSpan] } { return $_.TotalSeconds }
        { $_ -is [DateTimeOffset] } { return $_.UtcDateTime.ToString('o') }
        # Whole trees of folders hang on a file.
        { $_ -is [IO.FileInfo] } { return [ordered]@{ Archive = $_.FullName; Bytes = $_.Length } }
        { $_ -is [DateTime] } { return $_.ToUniversalTime().ToString('o') }
    }
    if ($Value -is [Collections.IEnumerable]) { return , @($Value.ForEach({ ConvertTo-Plain $_ })) }
    $plain = [ordered]@{}
    foreach ($property in $Value.PSObject.Properties) {
        if ($property.MemberType -eq 'Property') { $plain[$property.Name] = ConvertTo-Plain $property.Value }
    }
    $plain
}
