# What the image runs: one command on /config.yml and /backup.tar, one line of log per volume.

$usage = @'
Usage: docker run --rm --volumes-from CONTAINER -v PATH/backup.tar:/backup.tar -v PATH/config.yml:/config.yml:ro IMAGE COMMAND

  init      make /backup.tar an empty archive (the host's file must exist: touch it first)
  backup    append the volumes that /config.yml lists to /backup.tar
  restore   bring the volumes that /config.yml lists back from /backup.tar
  list      show what /backup.tar holds
  test      read all of /backup.tar back and compare checksums
  prune     remove the generations that the rules under "keep" in /config.yml do not keep
  --help    show this text

Exit codes: 0 everything saved or restored, 1 failed and nothing changed, 2 usage or configuration,
            3 done but incomplete, 130 interrupted.
'@

$archive = '/backup.tar'
$config = '/config.yml'
$ProgressPreference = 'SilentlyContinue'

# What the exit code will be made from. Functions reach it through its members.
$run = @{ Done = 0; Entries = 0L; Bytes = 0L; Failed = $false; Misconfigured = $false; Incomplete = $false; Ended = $false; Removed = [Collections.Generic.HashSet[int]]::new() }

function Write-Log([string] $Line) { [Console]::Out.WriteLine($Line) }
function Write-Complaint([string] $Line) { [Console]::Error.WriteLine($Line) }

function Format-Size($Bytes) {
    if ($null -eq $Bytes) { return 'size unknown' }
    $unit = 0
    while ($Bytes -ge 1024 -and $unit -lt 4) { $Bytes /= 1024; $unit++ }
    "$([Math]::Round($Bytes, 1)) $(('bytes', 'KiB', 'MiB', 'GiB', 'TiB')[$unit])"
}

function Format-Seconds([TimeSpan] $Time) { "$([Math]::Round($Time.TotalSeconds, 2)) s" }

function Format-Time([DateTimeOffset] $Time) { $Time.UtcDateTime.ToString('s') + 'Z' }

# What the results of Backup-Volume and Restore-Volume have.
function Format-Volume($Volume, [string] $Verb) {
    $remark = ''
    if (-not $Volume.Complete) {
        $run.Incomplete = $true
        $remark = ", INCOMPLETE ($($Volume.WarningCount) warnings)"
    }
    "$Verb $($Volume.Prefix) $($Volume.Target): $($Volume.Entries) entries, $(Format-Size $Volume.Bytes), $(Format-Seconds $Volume.Duration)$remark"
}

function Resolve-Failure($ErrorRecord) {
    Write-Complaint "error: $ErrorRecord"
    # The id is followed by the name of the command that reported it.
    switch ($ErrorRecord.FullyQualifiedErrorId.Split(',')[0]) {
        { $_ -in 'FileUnreadable', 'FileChanged', 'NotKept', 'GenerationIncomplete' } { $run.Incomplete = $true; break }
        { $_ -in 'ConfigNotFound', 'ConfigInvalid' } { $run.Misconfigured = $true; break }
        default { $run.Failed = $true }
    }
}

# Runs a cmdlet and makes a line of each thing it emits: errors and warnings to stderr, results to stdout.
function Invoke-Job([scriptblock] $Job, [scriptblock] $Describe) {
    & $Job 2>&1 3>&1 | ForEach-Object {
        if ($_ -is [System.Management.Automation.ErrorRecord]) { Resolve-Failure $_ }
        elseif ($_ -is [System.Management.Automation.WarningRecord]) { Write-Complaint "warning: $($_.Message)" }
        else {
            # A generation that stays is no work done.
            if (-not $_.Keep) {
                $run.Done++
                $run.Entries += $_.Entries
                $run.Bytes += $_.Bytes
            }
            & $Describe $_ | ForEach-Object { Write-Log $_ }
        }
    }
}

function Invoke-ImageCommand([string] $Command) {
    switch -CaseSensitive ($Command) {
        'init' {
            Invoke-Job { Initialize-BackupTar -Path $archive } { "init ${archive}: an empty archive" }
        }
        'backup' {
            Invoke-Job { Backup-Volume -Config $config -Archive $archive } {
                param($v)
                Format-Volume $v 'saved'
                foreach ($old in $v.Removed) {
                    # A generation of several volumes is told once.
                    if ($run.Removed.Add($old.Generation)) {
                        "removed $($old.Prefix) #$($old.Generation) $(Format-Time $old.Created), $(Format-Size $old.Bytes)"
                    }
                }
            }
        }
        'restore' {
            Invoke-Job { Restore-Volume -Config $config -Archive $archive -Confirm:$false } { param($v) Format-Volume $v 'restored' }
        }
        'list' {
            Invoke-Job { Get-BackupTar -Path $archive } {
                param($v)
                "$($v.Prefix) #$($v.Generation) $(Format-Time $v.Created) $($v.Target): " +
                    "$($v.Entries) entries, $(Format-Size $v.Bytes)$(if (-not $v.Complete) { ', INCOMPLETE' })"
            }
        }
        'test' {
            Invoke-Job { Test-BackupTar -Path $archive } {
                param($v)
                foreach ($problem in $v.Errors) { Write-Complaint "error: $($problem.Path): $($problem.Message)" }
                if (-not $v.Passed) { $run.Failed = $true }
                "$($v.Prefix) #$($v.Generation) $($v.Target): $($v.Verified) files compared, $(if ($v.Passed) { 'whole' } else { 'DAMAGED' })"
            }
        }
        'prune' {
            Invoke-Job { Optimize-BackupTar -Path $archive -Config $config -Confirm:$false } {
                param($v)
                "$(if ($v.Keep) { 'kept' } else { 'removed' }) $($v.Prefix) #$($v.Generation) $(Format-Time $v.Created), $(Format-Size $v.Bytes)" +
                    "$(if ($v.Reasons) { ": $($v.Reasons -join ', ')" })"
            }
        }
    }
}

if ($args.Count -eq 1 -and $args[0] -cin '--help', '-h', 'help') {
    Write-Log $usage
    exit 0
}
if ($args.Count -ne 1 -or $args[0] -cnotin 'init', 'backup', 'restore', 'list', 'test', 'prune') {
    Write-Complaint "error: $(if ($args.Count -eq 0) { 'no command given' } else { "unknown command: $args" })"
    Write-Complaint $usage
    exit 2
}

$clock = [Diagnostics.Stopwatch]::StartNew()
try {
    try {
        if (-not (Get-Module Snapshotter)) { Import-Module Snapshotter -ErrorAction Stop }
        # What to do about an error is said in the words of this command line, not in those of the cmdlets.
        [Snapshotter.PowerShell.Output.Remedies]::Caller = 'Image'
        Invoke-ImageCommand $args[0]
    }
    catch { Resolve-Failure $_ }
    $run.Ended = $true
}
finally {
    # A signal stops the pipeline: nothing but finally blocks runs after that.
    if (-not $run.Ended) {
        Write-Complaint 'interrupted: rolled back, what is not reported above is unchanged'
        $Host.SetShouldExit(130)
    }
}

$work = @{ backup = 'volumes saved'; restore = 'volumes restored'; test = 'volumes read back'; prune = 'generations removed' }[$args[0]]
if ($work) { Write-Log "$($args[0]): $work $($run.Done), entries $($run.Entries), $(Format-Size $run.Bytes), $(Format-Seconds $clock.Elapsed)" }
if ($run.Misconfigured) { exit 2 }
if ($run.Failed -and $run.Done -eq 0) { exit 1 }
if ($run.Failed -and $args[0] -ceq 'test') { exit 1 }
if ($run.Failed -or $run.Incomplete) { exit 3 }
exit 0
