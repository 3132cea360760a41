#!/usr/bin/env python3
"""Kills the real program at random instants and looks at what it leaves behind.

tests/kill/kill.py [RUNS] [SEED]     RUNS backups, restores and removals each (default 25); a seed repeats their instants

Backup: after each kill GNU tar lists the archive with exit code 0, Python's tarfile reads every byte of it, all committed
generations hold what was saved, and the new one is whole or absent. The next backup heals the archive, and Test-BackupTar
finds it whole. Removal of generations: the same for those that stay, and the next run finishes. Restore: after each kill
the volume is wholly old or wholly new, or the journal of the swap is there, and then a backup is refused; the next restore
makes it wholly new. The same for restores in place, for those of a part, whose files are old or new each, and beside another
process that restores the same. One run in five gets SIGINT or SIGTERM instead, after which the archive must be byte for byte what it was, unless the backup was
committed before, and nothing is left beside it or in the volume.
"""
import random
import shutil
import signal
import sys
import time

import runs
from runs import (BackupRuns, Helper, InPlaceRuns, OptimizeRuns, PartRuns, RestoreRuns, TwoRuns, Wrong, repeat, shell,
                  wait_until)


def kill(script, phases):
    """
    Runs a script and sends it a signal at an instant of one of its phases, since some are much shorter than the whole.
    Returns the signal, or None when it ended before.
    """
    rng = runs.rng
    number = rng.choice([signal.SIGKILL] * 8 + [signal.SIGINT, signal.SIGTERM])
    phase, instant = rng.choice(phases), rng.random() * 1.1
    process = shell(script)
    wait_until(phase.has_begun, process)
    time.sleep(instant * phase.duration)
    ended = process.poll() is not None
    if not ended:
        process.send_signal(number)
    process.communicate()
    if ended and process.returncode != 0:
        raise Wrong(f'it ended with exit code {process.returncode}')
    return None if ended else number


def killed(cases):
    def once(n):
        case = cases[n % len(cases)]
        case.prepare(n)
        received = kill(case.script, case.phases)
        result = case.judge()
        if received is None and not case.is_done(result):
            raise Wrong(f'it ended, and left: {result}')
        if received in (signal.SIGINT, signal.SIGTERM):
            case.judge_stopped(result)
        case.heal(result)
        return [f'{signal.Signals(received).name if received else "ended before"}: {result}']
    return once


def main(count, seed):
    print(f'{count} killed backups, restores and removals of generations, seed {seed}', flush=True)
    runs.rng = random.Random(seed)
    work = runs.work_folder('snapshotter-kill-')
    helper = Helper()
    try:
        results = [
            repeat('killed backup', count, killed([
                BackupRuns(f'{work}/ours', helper), BackupRuns(f'{work}/padded', helper, is_padded=True)])),
            repeat('killed removal', count, killed([
                OptimizeRuns(f'{work}/optimize', helper), OptimizeRuns(f'{work}/rules', helper, by_rule=True)])),
            repeat('killed restore', count, killed([RestoreRuns(f'{work}/restore', helper)])),
            repeat('killed restore in place', max(1, count // 2), killed([InPlaceRuns(f'{work}/in-place', helper)])),
            repeat('killed restore of a part', max(1, count // 2), killed([PartRuns(f'{work}/part', helper)])),
            repeat('killed beside another', max(1, count // 2), killed([TwoRuns(f'{work}/two', helper)])),
        ]
    finally:
        helper.end()
        shutil.rmtree(work)
    failed = sum(result[1] for result in results)
    print(f'{sum(result[0] for result in results)} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 25,
                  int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)))
