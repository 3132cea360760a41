#!/usr/bin/env python3
"""Compares two builds of the engine: CPU seconds of one job in the bare host, in interleaved rounds.

bench/pairs.py OLD NEW TREE WORK [ROUNDS]

OLD and NEW are the bare hosts (out/bench/Snapshotter.Benchmarks of two builds), TREE a folder to save, WORK a folder to
write to, best on a fresh file system: where much was created and removed before, each new file takes the kernel longer. Each round runs the old, the new and the old once more, in an order that turns from round to
round, and takes user plus system seconds of the process. The ratio of a round is that of its own runs: what slows a
machine for a while slows all three. Printed are the medians of new to old and, beside them, of old to old, which
is what the machine alone makes of equal builds.
"""
import os
import shutil
import statistics
import subprocess
import sys

NAMES = ('old', 'new', 'old again')


def seconds(command):
    """User plus system seconds of a process that must succeed."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f'{command} ended with {process.returncode}')
    return usage.ru_utime + usage.ru_stime


def run(host, job, archive, tree, *options):
    return [host, 'run', job, '--archive', archive, '--prefix', 'pairs', '--volume', f'/tree={tree}', *options]


def backup(host, tree, work):
    archive = f'{work}/backup.tar'
    seconds([host, 'run', 'initialize', '--archive', archive])
    try:
        return seconds(run(host, 'backup', archive, tree))
    finally:
        os.remove(archive)


def restore(host, tree, work):
    # Each build restores the archive that it wrote.
    archive, place = f'{work}/{abs(hash(host))}.tar', f'{work}/restored'
    if not os.path.exists(archive):
        seconds([host, 'run', 'initialize', '--archive', archive])
        seconds(run(host, 'backup', archive, tree))
    try:
        return seconds(run(host, 'restore', archive, place))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def main(old, new, tree, work, rounds):
    os.makedirs(work, exist_ok=True)
    hosts = dict(zip(NAMES, (old, new, old)))
    for name, job in (('backup', backup), ('restore', restore)):
        taken = []
        for i in range(rounds + 1):
            order = [*NAMES[i % 3:], *NAMES[:i % 3]]
            found = {which: job(hosts[which], tree, work) for which in order}
            # The first round reads what the others find in memory.
            if i > 0:
                taken.append(found)
                print(f'{name} {i}: ' + ', '.join(f'{which} {found[which]:.2f} s' for which in NAMES), flush=True)
        for which in NAMES[1:]:
            ratios = sorted(found[which] / found['old'] for found in taken)
            print(f'{name}: {which} to old: median {statistics.median(ratios):.3f}, from {ratios[0]:.3f} to {ratios[-1]:.3f}')


if __name__ == '__main__':
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    main(*sys.argv[1:5], int(sys.argv[5]) if len(sys.argv) > 5 else 9)
