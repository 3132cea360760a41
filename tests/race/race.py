#!/usr/bin/env python3
"""Root backs up and restores a volume while an ordinary user moves, links and exchanges what is his in it.

tests/race/race.py [SECONDS] [SEED]      so many seconds in each mode (default 5; at least 60 for a thorough run)

Modes: backups; restores that swap; -InPlace; -Include. In half of the rounds the volume itself is the user's, not only a
folder in it. After each job: what is root's outside of the volume is as it was (content, mode, owner, time of modification),
nothing of it is in the archive or where the user can read it, and the job ended well or with an error of ours. Every few
jobs, with the user gone, a backup and a restore bring the volume back exactly, and Test-BackupTar finds the archive whole.

Needs root, the built module (see tests/kill/runs.py) and Python 3.9 or later.
"""
import hashlib
import os
import random
import re
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'kill'))
import runs    # noqa: E402
from runs import Helper, Wrong    # noqa: E402
from neighbour import NAMES    # noqa: E402

NOBODY = 65534
SECRET = b'not for him 5c1f3e'
QUIET_EVERY = 15
LONGEST_JOB = 120
TEMPORARY = re.compile(r'\.snapshotter-([0-9a-f]{32}|[0-9a-f]{64})(\.part)?$')
IDS = {
    'FileUnreadable', 'FileChanged', 'NotKept', 'VolumeChanged', 'VolumeNotWritable', 'VolumeLocked',
    'UntrustedLink', 'RestoreInterrupted', 'InputOutput', 'UnsafeEntry', 'InsufficientSpace',
    # What is asked for had another name when it was saved.
    'PatternMatchesNothing',
}


def write(path, content, owner=0, mode=0o644):
    with open(path, 'wb') as file:
        file.write(content)
    os.chown(path, owner, owner)
    os.chmod(path, mode)


def make_folder(path, owner=0, mode=0o755):
    os.mkdir(path)
    os.chown(path, owner, owner)
    os.chmod(path, mode)


class Scene:
    """A volume, what is outside of it, and the archive."""

    def __init__(self, work, rng):
        self.rng = rng
        self.volume = os.path.join(work, 'volume')
        self.outside = os.path.join(work, 'outside')
        self.shared = os.path.join(self.outside, 'shared')
        self.secrets = os.path.join(self.outside, 'secrets')
        self.archive = os.path.join(work, 'backup.tar')
        self.is_volume_his = False

    def build(self):
        for path in (self.volume, self.outside):
            subprocess.run(['rm', '-rf', path], check=True)
        self.is_volume_his = self.rng.random() < 0.5
        make_folder(self.volume, NOBODY if self.is_volume_his else 0)
        make_folder(os.path.join(self.volume, 'system'))
        write(os.path.join(self.volume, 'system', 'settings'), b'of root\n', mode=0o600)
        self.fill(os.path.join(self.volume, 'home'), 3)
        self.fill_deep(os.path.join(self.volume, 'home', 'a0', 'deep'))
        make_folder(self.outside)
        make_folder(self.shared, mode=0o1777)
        make_folder(self.secrets, mode=0o700)
        for folder in (self.secrets, os.path.join(self.shared, 'victim')):
            if not os.path.exists(folder):
                make_folder(folder, mode=0o700)
            write(os.path.join(folder, 'secret'), SECRET, mode=0o600)
        # Of the names that stand in his folders: where the way back leads astray, they are met.
        for name in NAMES[:-3]:
            make_folder(os.path.join(self.shared, name), mode=0o700)
            make_folder(os.path.join(self.shared, name, name), mode=0o700)
            write(os.path.join(self.shared, name, 'f0'), SECRET, mode=0o600)
        for name in ('f0', 'f1', 'secret'):
            write(os.path.join(self.shared, name), SECRET, mode=0o600)
        self.before = self.sentinels()

    def fill(self, path, levels):
        make_folder(path, NOBODY)
        for number in range(3):
            write(os.path.join(path, f'f{number}'), os.urandom(self.rng.randrange(3000)), NOBODY)
        if levels == 0:
            for number in range(3):
                make_folder(os.path.join(path, f'z{number}'), NOBODY)
        elif levels > 0:
            for name in self.rng.sample(NAMES, 8):
                self.fill(os.path.join(path, name), levels - 1)

    def fill_deep(self, path):
        if not os.path.exists(os.path.dirname(path)):
            make_folder(os.path.dirname(path), NOBODY)
        for number in range(90):
            if not os.path.exists(path):
                make_folder(path, NOBODY)
            make_folder(os.path.join(path, 'z'), NOBODY)
            path = os.path.join(path, f'd{number}')

    def sentinels(self):
        """All that is root's outside: the user can add to it, and must not be able to change it."""
        found = {}
        for folder, folders, files in os.walk(self.outside):
            folders[:] = [name for name in folders if os.lstat(os.path.join(folder, name)).st_uid == 0]
            for name in ['.'] + folders + files:
                path = os.path.normpath(os.path.join(folder, name))
                info = os.lstat(path)
                if info.st_uid != 0:
                    continue
                content = hashlib.sha256(open(path, 'rb').read()).hexdigest() if stat.S_ISREG(info.st_mode) else ''
                # Others may put things into the shared folder: that changes its time.
                when = 0 if path == self.shared else info.st_mtime_ns
                found[path] = (stat.filemode(info.st_mode), info.st_uid, info.st_gid, when, content)
        return found

    def judge(self):
        now = self.sentinels()
        wrong = [path for path, was in self.before.items() if now.get(path) != was]
        if wrong:
            raise Wrong(f'outside is not as it was: {wrong[0]}: {self.before[wrong[0]]} is {now.get(wrong[0])} '
                        f'({len(wrong)} of {len(self.before)})')
        shown = subprocess.run(['grep', '-rlsF', '--devices=skip', SECRET.decode(), self.volume, self.archive],
                               stdout=subprocess.PIPE, text=True).stdout.split('\n')[0]
        if shown:
            raise Wrong(f'what he must not see is in {shown}')

    def remove_planted(self):
        """What has the name of a temporary folder and is another's is named, and left to whoever runs the program."""
        subprocess.run(['find', self.volume, '-user', str(NOBODY), '-name', '.snapshotter-*', '-prune', '-exec', 'rm', '-rf', '{}', '+'],
                       check=True)

    def tree(self):
        """The volume as it is, but for its temporary folders."""
        lines = []
        for folder, folders, files in os.walk(self.volume):
            for name in list(folders):
                if TEMPORARY.match(name):
                    folders.remove(name)
            for name in ['.'] + folders + files:
                path = os.path.join(folder, name)
                info = os.lstat(path)
                if TEMPORARY.match(name) or stat.S_ISSOCK(info.st_mode):
                    continue
                what = hashlib.sha256(open(path, 'rb').read()).hexdigest() if stat.S_ISREG(info.st_mode) else (
                    os.readlink(path) if stat.S_ISLNK(info.st_mode) else '')
                lines.append(f'{path} {info.st_mode:o} {info.st_uid} {info.st_mtime_ns} {what}')
        return sorted(set(lines))


class Race:
    def __init__(self, mode, work, helper, rng):
        self.mode, self.helper, self.rng = mode, helper, rng
        self.scene = Scene(work, rng)
        self.neighbour = None
        self.outcomes = {}
        self.jobs = 0

    def run(self, seconds):
        """So many seconds of jobs; the number of rounds that were right, and what was wrong."""
        end = time.monotonic() + seconds
        passed, wrongs = 0, []
        while time.monotonic() < end and len(wrongs) < 3:
            try:
                self.round(end)
                passed += 1
            except Wrong as wrong:
                wrongs.append(str(wrong))
                print(f'  {self.mode}: {wrong}', flush=True)
            finally:
                self.stop_neighbour()
        told = ', '.join(f'{name} {count}' for name, count in sorted(self.outcomes.items()))
        print(f'{self.mode}: {self.jobs} jobs in {passed + len(wrongs)} rounds; {told}', flush=True)
        return passed, len(wrongs)

    def round(self, end):
        self.scene.build()
        self.quietly(f"$null = Initialize-BackupTar '{self.scene.archive}' -Force")
        self.quietly(self.backup())
        self.start_neighbour()
        for _ in range(QUIET_EVERY):
            if time.monotonic() > end and self.jobs:
                break
            for script in self.scripts():
                self.job(script)
                self.scene.judge()
                self.jobs += 1
        self.stop_neighbour()
        self.heal()

    def backup(self):
        return f"$null = Backup-Volume '{self.scene.volume}' '{self.scene.archive}'"

    def restore(self, options=''):
        return f"$null = Restore-Volume '{self.scene.archive}' -Prefix volumes -Confirm:$false {options}"

    def scripts(self):
        return {
            'backup': [self.backup()],
            'restore': [self.restore()],
            'in place': [self.restore('-InPlace')],
            'include': [self.restore(f"-Include 'home/{self.rng.choice(NAMES)}*','home/f*','home/*/f1'")],
        }[self.mode]

    def job(self, script):
        """Runs it with the user at work; it must end, well or with an error of ours."""
        lines = self.helper.run(
            f"$e = $null; try {{ {script} -ErrorAction SilentlyContinue -ErrorVariable e -WarningAction SilentlyContinue }} "
            "catch { [Console]::Out.WriteLine('id ' + $_.FullyQualifiedErrorId + ' ' + $_.Exception.GetType().Name + ': ' + $_) }; "
            "@($e) | ForEach-Object { if ($_ -is [Management.Automation.ErrorRecord]) "
            "{ [Console]::Out.WriteLine('id ' + $_.FullyQualifiedErrorId) } }", LONGEST_JOB)
        ids = {line.split()[1].split(',')[0]: line for line in lines if line.startswith('id ')}
        for name in ids or ['done']:
            self.outcomes[name] = self.outcomes.get(name, 0) + 1
        unknown = [line for name, line in ids.items() if name not in IDS]
        if unknown:
            raise Wrong(f'{script} ended with {unknown[0]}')

    def quietly(self, script):
        self.helper.run(script, LONGEST_JOB)

    def heal(self):
        """Nobody else is at work: a restore and a backup hold what they promise."""
        scene = self.scene
        scene.remove_planted()
        self.quietly(self.restore())
        self.quietly(self.backup())
        before = scene.tree()
        write(os.path.join(scene.volume, 'new'), b'new')
        self.quietly(self.restore())
        after = scene.tree()
        if before != after:
            raise Wrong('the volume is not what was saved: ' + ' '.join(sorted(set(before) ^ set(after))[:3]))
        if self.helper.run(f"[Console]::Out.WriteLine((Test-BackupTar '{scene.archive}' -Quiet))", LONGEST_JOB)[0] != 'True':
            raise Wrong('the archive is damaged')
        scene.judge()

    def start_neighbour(self):
        self.neighbour = subprocess.Popen(
            ['setpriv', '--reuid', str(NOBODY), '--regid', str(NOBODY), '--clear-groups', '--no-new-privs',
             sys.executable, '-B', os.path.join(HERE, 'neighbour.py'),
             self.scene.volume, self.scene.shared, self.scene.secrets, str(self.rng.randrange(1 << 32))],
            stdin=subprocess.DEVNULL, cwd='/')

    def stop_neighbour(self):
        if self.neighbour is not None:
            if self.neighbour.poll() is not None:
                code, self.neighbour = self.neighbour.returncode, None
                raise Wrong(f'the user at work ended with {code}')
            self.neighbour.terminate()
            self.neighbour.wait()
            self.neighbour = None


def main(seconds, seed):
    if os.geteuid() != 0:
        print('needs root\n0 passed, 0 failed, 1 skipped')
        return 0
    print(f'{seconds} s a mode, seed {seed}', flush=True)
    rng = random.Random(seed)
    if 'TMPDIR' not in os.environ and os.path.isdir('/dev/shm'):
        # Where jobs do not wait for a disk there are more of them, and more of the moments that matter.
        tempfile.tempdir = '/dev/shm'
    work = runs.work_folder('snapshotter-race-')
    os.chmod(work, 0o755)
    helper = Helper()
    passed = failed = 0
    try:
        for mode in ('backup', 'restore', 'in place', 'include'):
            good, bad = Race(mode, work, helper, rng).run(seconds)
            passed, failed = passed + good, failed + bad
    finally:
        helper.end()
        subprocess.run(['rm', '-rf', work], check=True)
    print(f'{passed} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5,
                  int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)))
