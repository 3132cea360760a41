# What the image runs: one command, which is a cmdlet, on /backup.tar and /config.yml unless its parameters say otherwise.
. "$PSScriptRoot/log.ps1"
. "$PSScriptRoot/commandline.ps1"

$usage = @'
Usage: docker run --rm --volumes-from CONTAINER -v PATH/backup.tar:/backup.tar -v PATH/config.yml:/config.yml:ro IMAGE COMMAND [PARAMETERS]

  init      make /backup.tar an empty archive (the host's file must exist: touch it first)
  backup    append the volumes that /config.yml lists to /backup.tar
  restore   bring the volumes that /config.yml lists back from /backup.tar
  list      show what /backup.tar holds
  test      read all of /backup.tar back and compare checksums
  prune     remove the generations that the rules under "keep" in /config.yml do not keep
  --help    show this text; after a command, its parameters

Parameters are those of the command's cmdlet in PowerShell:
  restore -Generation 2 -Include 'conf/**'     backup -Wait 60     prune -WhatIf     list -Entry
  -Archive PATH      another place for the archive; -Config PATH one for the configuration
  -Json or --json    results as JSON on stdout, for machines; errors stay on stderr
Commas separate the values of a list; 'quotes' keep together what has some.

Exit codes: 0 everything saved or restored, 1 failed and nothing changed, 2 usage or configuration,
            3 done but incomplete, 130 interrupted.
'@

$commands = @{
    init    = 'Initialize-BackupTar'
    backup  = 'Backup-Volume'
    restore = 'Restore-Volume'
    list    = 'Get-BackupTar'
    test    = 'Test-BackupTar'
    prune   = 'Optimize-BackupTar'
}

# What the exit code will be made from. Functions reach it through its members.
$run = @{ Done = 0; Entries = 0L; Bytes = 0L; Failed = $false; Misused = $false; Incomplete = $false; Ended = $false; Removed = [Collections.Generic.HashSet[int]]::new() }

function Exit-Misused([string] $Text) {
    Write-Complaint error $Text
    exit 2
}

function Resolve-Failure([Management.Automation.ErrorRecord] $ErrorRecord) {
    Write-Complaint error "$ErrorRecord $($ErrorRecord.ErrorDetails.RecommendedAction)".TrimEnd()
    # The id is followed by the name of the command that reported it.
    $id = $ErrorRecord.FullyQualifiedErrorId.Split(',')[0]
    if ($id -in 'FileUnreadable', 'FileChanged', 'NotKept', 'GenerationIncomplete', 'OldContentLeft') { $run.Incomplete = $true }
    elseif ($id -in 'ConfigNotFound', 'ConfigInvalid' -or $ErrorRecord.CategoryInfo.Category -eq 'InvalidArgument' -or
        $ErrorRecord.Exception -is [Management.Automation.ParameterBindingException]) { $run.Misused = $true }
    else { $run.Failed = $true }
}

function Format-Volume($Volume, [string] $Verb) {
    "$Verb $(Format-Name $Volume.Prefix) $(Format-Name $Volume.Target): $(Format-Count $Volume.Entries entry entries), $(Format-Size $Volume.Bytes), " +
        "$(Format-Duration $Volume.Duration)$(if (-not $Volume.Complete) { ", INCOMPLETE ($(Format-Count $Volume.WarningCount warning))" })"
}

# The lines of one result.
function Format-Result([string] $Command, $Result) {
    switch ($Command) {
        'init' { "init $(Format-Name $Result.FullName): an empty archive" }
        'backup' {
            Format-Volume $Result saved
            foreach ($old in $Result.Removed) {
                # A generation of several volumes is told once.
                if ($run.Removed.Add($old.Generation)) { "removed $(Format-Name $old.Prefix) #$($old.Generation) of $(Format-Time $old.Created), $(Format-Size $old.Bytes)" }
            }
        }
        'restore' { Format-Volume $Result restored }
        'list' {
            $place = "$(Format-Name $Result.Prefix) #$($Result.Generation)"
            if ($null -ne $Result.Offset) {
                "$($null -eq $Result.Generation ? 'no generation' : "$place $(Format-Name $Result.Target)".TrimEnd()): $([Snapshotter.PowerShell.Output.DisplayText]::Mode($Result.Type, $Result.Mode)) " +
                    "$($Result.UserId):$($Result.GroupId) $(Format-Size $Result.Size) $(Format-Time $Result.Modified) $(Format-Name $Result.Path)" +
                    "$(if ($Result.LinkTarget) { " -> $(Format-Name $Result.LinkTarget)" })"
            }
            else {
                "$place of $(Format-Time $Result.Created) $(Format-Name $Result.Target): $(Format-Count $Result.Entries entry entries), $(Format-Size $Result.Bytes)" +
                    "$(if (-not $Result.Complete) { ', INCOMPLETE' })"
            }
        }
        'test' {
            "$(Format-Name $Result.Prefix) #$($Result.Generation) $(Format-Name $Result.Target): " +
                ($Result.Verified -gt 0 ? "$(Format-Count $Result.Verified file) compared, " : 'no checksums to compare, ') +
                ($Result.Passed ? $Result.Verified -gt 0 ? 'whole' : 'readable throughout' : 'DAMAGED')
        }
        'prune' {
            $verb = $Result.Keep ? 'kept' : $parameters.WhatIf ? 'would remove' : 'removed'
            "$verb $(Format-Name $Result.Prefix) #$($Result.Generation) of $(Format-Time $Result.Created), $(Format-Size $Result.Bytes)" +
                "$(if ($Result.Reasons) { ": $($Result.Reasons -join ', ')" })"
        }
    }
}

# What a cmdlet emits, piece by piece.
filter Receive-Output([string] $Command, [Collections.Generic.List[object]] $Results) {
    if ($_ -is [Management.Automation.ErrorRecord]) { Resolve-Failure $_ }
    elseif ($_ -is [Management.Automation.WarningRecord]) { Write-Complaint warning $_.Message }
    elseif ($_ -is [Management.Automation.InformationalRecord]) { Write-Complaint ($_ -is [Management.Automation.DebugRecord] ? 'debug' : 'verbose') $_.Message }
    elseif ($_ -is [bool]) { if (-not $_) { $run.Failed = $true } }
    else {
        # A generation that stays is no work done.
        if (-not $_.Keep) {
            $run.Done++
            $run.Entries += $_.Entries
            $run.Bytes += $_.Bytes
        }
        if ($_.Passed -eq $false) { $run.Failed = $true }
        if ($Command -cin 'backup', 'restore' -and -not $_.Complete) { $run.Incomplete = $true }
        if ($null -ne $Results) { $Results.Add((ConvertTo-Plain $_)) }
        else {
            foreach ($line in Format-Result $Command $_) {
                if ($parameters.WhatIf) { [Console]::Out.WriteLine((Format-Line $line)) } else { Write-Log $line }
            }
        }
    }
}

$command = $args[0]
$rest = @($args | Select-Object -Skip 1)
if ($command -cin '--help', '-h', 'help') {
    [Console]::Out.WriteLine($usage)
    exit 0
}
if ($null -eq $command) {
    Write-Complaint error 'no command given'
    [Console]::Error.WriteLine($usage)
    exit 2
}
if ($command -cnotin $commands.Keys) { Exit-Misused "unknown command: $command. There are init, backup, restore, list, test and prune; --help tells more" }

$clock = [Diagnostics.Stopwatch]::StartNew()
$ProgressPreference = 'SilentlyContinue'
$results = $null
try {
    Import-Module Snapshotter -ErrorAction Stop
    # What to do about an error is said in the words of this command line, not in those of the cmdlets.
    [Snapshotter.PowerShell.Output.Remedies]::Caller = 'Image'
    $cmdlet = Get-Command $commands[$command]
    if ($rest -ceq '--help') {
        [Console]::Out.WriteLine("Parameters of ${command}, which is $($cmdlet.Name):`n$((Get-Command $cmdlet.Name -Syntax).TrimEnd())")
        $run.Ended = $true
        exit 0
    }

    $parameters = Read-Parameter $command $cmdlet $rest
    if ($parameters.Json) { $results = [Collections.Generic.List[object]]::new() }
    $parameters.Remove('Json')
    Add-Default $cmdlet $parameters

    $archive = "$($parameters.Archive ?? $parameters.Path ?? $parameters.LiteralPath)"
    $isRead = $command -cin 'restore', 'list', 'test' -and (Test-Path $archive)
    if (-not $isRead -and $archive -notmatch '^[a-z][a-z0-9]+://' -and -not [Snapshotter.PowerShell.Image.MountedPlace]::Holds($archive)) {
        throw [ArgumentException]"'$archive' is neither a mount nor below one: an archive there would be gone with this container. Mount it: -v `"`$PWD/backup.tar:$archive`""
    }

    $job = { & $cmdlet @parameters *>&1 | Receive-Output $command $results }
    if ($parameters.WhatIf) { Invoke-Logged $job } else { & $job }
    $run.Ended = $true
}
catch [ArgumentException] {
    $run.Ended = $true
    Write-Complaint error "$_"
    $run.Misused = $true
}
catch {
    $run.Ended = $true
    Resolve-Failure $_
}
finally {
    # A signal stops the pipeline: nothing but finally blocks runs after that.
    if (-not $run.Ended) {
        Write-Complaint interrupted 'rolled back; what is not reported above is unchanged'
        $Host.SetShouldExit(130)
    }
}

if ($null -ne $results) { [Console]::Out.WriteLine((ConvertTo-Json -InputObject $results.ToArray() -Depth 9 -EscapeHandling EscapeNonAscii).Replace("`u{7f}", '\u007f')) }
elseif (-not ($run.Failed -or $run.Misused -or $parameters.WhatIf -or $parameters.Quiet)) {
    $work = @{ backup = 'volume', ' saved'; restore = 'volume', ' restored'; test = 'volume', ' read back'; prune = 'generation', ' removed' }[$command]
    if ($command -ceq 'list' -and $run.Done -eq 0) { Write-Log 'list: the archive holds no backup' }
    if ($work) {
        $entries = $command -ceq 'prune' ? '' : " $(Format-Count $run.Entries entry entries),"
        Write-Log "${command}: $(Format-Count $run.Done $work[0])$($work[1]),$entries $(Format-Size $run.Bytes), $(Format-Duration $clock.Elapsed)$($run.Incomplete ? ', INCOMPLETE' : '')"
    }
}
if ($run.Misused) { exit 2 }
if ($run.Failed -and ($run.Done -eq 0 -or $command -ceq 'test')) { exit 1 }
if ($run.Failed -or $run.Incomplete) { exit 3 }
exit 0
