#!/usr/bin/env python3
"""Readers beside writers, each a process of its own with the real program.

tests/readers/readers.py [SECONDS]     for how long (default 8) each of two scenes plays

Busy: one process makes one backup after the other, one removes all but the newest two generations again and again, and
three list, test and restore. Still: a backup is stopped in the middle (SIGSTOP) and stays alive. Every round of every
reader must find a whole archive, and every restore what was saved; the writers must get through. In the end one more
backup and a test find all of it whole.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'kill'))
from runs import Helper, shell  # noqa: E402

JOBS = {
    'list': 'if (-not (Get-BackupTar $tar)) { throw "nothing is listed" }',
    'test': '$bad = @(Test-BackupTar $tar -Newest | Where-Object Passed -eq $false | ForEach-Object Errors); '
            'if ($bad) { throw ($bad.Message -join "; ") }',
    'restore': '$to = Join-Path $work restored; $r = Restore-Volume $tar -Prefix p -Destination $to; '
               'if (@($r).Count -ne 1) { throw "$(@($r).Count) volumes came" }; '
               'foreach ($f in Get-ChildItem (Join-Path $work volume)) { '
               'if ((Get-FileHash $f).Hash -ne (Get-FileHash (Join-Path $to $f.FullName)).Hash) { throw "$f is another" } }',
    'backup': '$null = Backup-Volume (Join-Path $work volume) $tar -Prefix p -Wait 60',
    'remove': '$null = Optimize-BackupTar $tar -KeepLast 2 -Wait 60 -Confirm:$false; Start-Sleep -Milliseconds 50',
}

# What was planned may be removed before it begins: that is told, and nothing is touched.
LOOP = ("$tar = '{tar}'; $work = '{work}'; $n = 0; $end = [DateTime]::UtcNow.AddSeconds({seconds}); "
        "while ([DateTime]::UtcNow -lt $end) {{ try {{ {job}; $n++ }} catch {{ "
        "if ('{name}' -ne 'restore' -or $_.FullyQualifiedErrorId -notlike 'GenerationNotFound*') {{ "
        "[Console]::Out.WriteLine(\"disturbed: $($_.FullyQualifiedErrorId) $_\") }} }} }}; "
        "[Console]::Out.WriteLine(\"rounds: $n\")")


class Scene:
    def __init__(self, seconds):
        self.seconds = seconds
        self.work = tempfile.mkdtemp(prefix='snapshotter-readers-')
        self.tar = os.path.join(self.work, 'backup.tar')
        self.passed, self.failed = 0, 0
        for folder, count, size in (('volume', 30, 40_000), ('large', 30, 4_000_000)):
            os.mkdir(os.path.join(self.work, folder))
            for n in range(count):
                with open(os.path.join(self.work, folder, f'{n}'), 'wb') as file:
                    file.write(os.urandom(size))
        self.helper = Helper()
        self.helper.run(f"$null = Initialize-BackupTar '{self.tar}'; $null = Backup-Volume '{self.work}/volume' '{self.tar}' -Prefix p")

    def start(self, name):
        return shell(LOOP.format(tar=self.tar, work=self.work, seconds=self.seconds, job=JOBS[name], name=name))

    def judge(self, what, process):
        output, errors = process.communicate()
        lines = output.decode().splitlines()
        disturbed = [line for line in lines if line.startswith('disturbed: ')]
        rounds = sum(int(line[8:]) for line in lines if line.startswith('rounds: '))
        self.tell(f'{what}: {rounds} rounds', rounds > 0 and not disturbed, disturbed[:3] or errors.decode()[:500])

    def tell(self, what, is_right, why):
        print(f'{what}: {"undisturbed" if is_right else f"WRONG, {why}"}', flush=True)
        self.passed, self.failed = self.passed + is_right, self.failed + (not is_right)

    def busy(self):
        processes = {name: self.start(name) for name in JOBS}
        for name, process in processes.items():
            self.judge(f'busy, {name}', process)

    def still(self):
        before = os.path.getsize(self.tar)
        writer = shell(f"$null = Backup-Volume '{self.work}/large' '{self.tar}' -Prefix q")
        while writer.poll() is None and os.path.getsize(self.tar) < before + 20_000_000:
            time.sleep(0.002)
        writer.send_signal(signal.SIGSTOP)
        try:
            processes = {name: self.start(name) for name in ('list', 'test', 'restore')}
            for name, process in processes.items():
                self.judge(f'beside one that stands still, {name}', process)
        finally:
            writer.send_signal(signal.SIGCONT)
        output, errors = writer.communicate()
        self.tell('the one that stood still', b'done' in output and writer.returncode == 0, errors.decode()[:500])

    def end(self):
        lines = self.helper.run(f"$null = Backup-Volume '{self.work}/volume' '{self.tar}' -Prefix p; Test-BackupTar '{self.tar}' -Quiet")
        self.tell('the archive in the end', 'True' in lines, lines)

    def close(self):
        self.helper.process.stdin.close()
        self.helper.process.wait()
        shutil.rmtree(self.work)


def main(seconds):
    scene = Scene(seconds)
    try:
        scene.busy()
        scene.still()
        scene.end()
    finally:
        scene.close()
    print(f'{scene.passed} passed, {scene.failed} failed, 0 skipped')
    return scene.failed


if __name__ == '__main__':
    sys.exit(1 if main(int(sys.argv[1]) if len(sys.argv) > 1 else 8) else 0)
