#!/usr/bin/env python3
"""Cuts the power at random instants and looks at what is on the disk.

tests/kill/power.py [RUNS] [SEED]    RUNS runs of each job on each file system (default 3); a seed repeats their instants

A disk is an image on an XFS that can share blocks, so a clone of it is what a power cut would leave at that instant: what
the file system had handed to the disk, and nothing of what was still in memory. While the real program appends a backup,
removes generations or restores a volume, clones are made at random instants, and one more when it has reported success.
Each is then mounted, which replays its journal, and must hold what kill.py asks for after a kill; the last one must hold
what the program said was done. The next run must finish the job.

Needs root, loop devices, mkfs.ext4 and mkfs.xfs, and what runs.py needs.
"""
import fcntl
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import runs
from runs import BackupRuns, Helper, OptimizeRuns, RestoreRuns, Wrong, repeat, shell

FICLONE = 0x40049409
CUTS = 6
FILE_SYSTEMS = {
    'ext4': (['mkfs.ext4', '-q', '-F'], 512 << 20),
    'XFS': (['mkfs.xfs', '-q', '-f', '-m', 'reflink=1'], 512 << 20),
}
JOBS = {'backup': BackupRuns, 'removal': OptimizeRuns, 'restore': RestoreRuns}


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def clone(source, target):
    with open(source, 'rb') as old, open(target, 'wb') as new:
        fcntl.ioctl(new, FICLONE, old.fileno())


class Disk:
    """An image that is mounted at one place, whichever clone of it stands there."""

    def __init__(self, store, place, kind):
        self.store = store
        self.place = place
        self.live = f'{store}/live'
        tool, size = FILE_SYSTEMS[kind]
        with open(self.live, 'wb') as image:
            image.truncate(size)
        run(*tool, self.live)
        self.mount(self.live)

    def mount(self, image):
        run('mount', '-o', 'loop', image, self.place)

    def unmount(self):
        run('umount', self.place)

    def cut(self):
        """What a power cut would leave now, as a new image."""
        image = tempfile.mktemp(prefix='cut', dir=self.store)
        clone(self.live, image)
        return image

    def end(self):
        subprocess.run(['umount', '-q', self.place], check=False)
        for name in os.listdir(self.store):
            os.remove(f'{self.store}/{name}')


def cuts_while(process, disk, duration):
    """Clones of the disk at random instants until the process ends."""
    images = []
    began = time.monotonic()
    for instant in sorted(runs.rng.random() * duration for _ in range(CUTS)):
        time.sleep(max(0, began + instant - time.monotonic()))
        if process.poll() is not None:
            break
        images.append(disk.cut())
    process.communicate()
    return images


def cut(disk, case):
    """Returns once(n): one run of the job with its power cuts."""
    run('sync', '-f', disk.place)

    def look(image, is_last):
        saved = case.saved if hasattr(case, 'saved') else None
        disk.mount(image)
        try:
            result = case.judge()
            if is_last and not case.is_done(result):
                raise Wrong(f'it reported success, and a power cut right after it leaves: {result}')
            case.heal(result)
        finally:
            if saved is not None:
                case.saved = saved
            disk.unmount()
            os.remove(image)
        return f'after success: {result}' if is_last else result

    def once(n):
        case.prepare(n)
        run('sync', '-f', disk.place)
        process = shell(case.script)
        images = cuts_while(process, disk, case.phases[0].duration)
        if process.returncode != 0:
            raise Wrong(f'it ended with exit code {process.returncode}')
        images.append(disk.cut())
        disk.unmount()
        try:
            return [look(image, image is images[-1]) for image in images]
        finally:
            disk.mount(disk.live)
            if isinstance(case, BackupRuns):
                case.saved = runs.generations(case.archive)

    return once


def main(count, seed):
    if os.geteuid() != 0:
        print('SKIPPED: mounting needs root\n0 passed, 0 failed, 1 skipped')
        return 0
    print(f'{count} runs of each job on each file system, {CUTS + 1} power cuts in each, seed {seed}', flush=True)
    os.environ['PATH'] += ':/usr/sbin:/sbin'
    runs.rng = random.Random(seed)
    helper = Helper()
    work = runs.work_folder('snapshotter-power-')
    store, place = f'{work}/store', f'{work}/disk'
    os.mkdir(store)
    os.mkdir(place)
    with open(f'{work}/xfs', 'wb') as image:
        image.truncate(4 << 30)
    try:
        run('mkfs.xfs', '-q', '-m', 'reflink=1', f'{work}/xfs')
        run('mount', '-o', 'loop', f'{work}/xfs', store)
    except (OSError, subprocess.CalledProcessError) as e:
        helper.end()
        shutil.rmtree(work)
        print(f'SKIPPED: no XFS can be made and mounted (apt-get install xfsprogs e2fsprogs mount): {e}\n0 passed, 0 failed, 1 skipped')
        return 0
    results = []
    try:
        for kind in FILE_SYSTEMS:
            for name, job in JOBS.items():
                disk = Disk(store, place, kind)
                try:
                    results.append(repeat(f'{name} on {kind}', count, cut(disk, job(f'{place}/{name}', helper))))
                finally:
                    disk.end()
    finally:
        helper.end()
        subprocess.run(['umount', '-q', store], check=False)
        shutil.rmtree(work)
    failed = sum(result[1] for result in results)
    print(f'{sum(result[0] for result in results)} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3,
                  int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)))
