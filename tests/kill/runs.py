"""What is run and then disturbed, by kill.py and power.py: backups, restores and removals of generations by the real
program, and what must hold whatever they leave behind.

Each of the classes prepares a run (prepare), says what to start (script) and when its phases begin (phases), judges what
a disturbed run left (judge, which raises Wrong), and runs it again and looks at the outcome (heal). A run that ended with
success must have left what is_done accepts.

Needs the built module (out/module, or the one that SNAPSHOTTER_MODULE names), GNU tar and Python 3.9 or later.
"""
import hashlib
import os
import random
import shutil
import stat
import subprocess
import tarfile
import tempfile
import threading
import time
from collections import Counter

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULE = os.environ.get('SNAPSHOTTER_MODULE') or os.path.join(ROOT, 'out', 'module', 'Snapshotter')
PWSH = [os.path.join(ROOT, 'tools', 'pwsh.sh'), '-NoProfile', '-NonInteractive', '-Command']
PREAMBLE = f"$ErrorActionPreference = 'Stop'; Import-Module '{MODULE}'; "
rng = random.Random()


class Wrong(Exception):
    """What was found is not what is promised."""


def shell(script):
    """Starts the program; returns when it has reached the first command that matters."""
    text = PREAMBLE + f"[Console]::Out.WriteLine('ready'); {script}; [Console]::Out.WriteLine('done')"
    process = subprocess.Popen(PWSH + [text], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if process.stdout.readline() != b'ready\n':
        raise Wrong(f'PowerShell did not start: {process.communicate()}')
    return process


class Helper:
    """A long-lived PowerShell for all that is not to be killed: starting one takes longer than most jobs."""

    LOOP = ("while ($null -ne ($line = [Console]::In.ReadLine())) { "
            "try { . ([scriptblock]::Create($line)) } catch { [Console]::Out.WriteLine(\"error: $_\") }; "
            "[Console]::Out.WriteLine('done') }")

    def __init__(self):
        self.process = subprocess.Popen(PWSH + [PREAMBLE + self.LOOP],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, script, seconds=None):
        """The lines that a script writes; it is killed when it takes longer than so many seconds."""
        watch = threading.Timer(seconds, self.process.kill) if seconds else None
        print(script, file=self.process.stdin, flush=True)
        lines = []
        try:
            if watch:
                watch.start()
            while not lines or lines[-1] != 'done':
                line = self.process.stdout.readline()
                if not line:
                    raise Wrong(f'PowerShell ended, or was ended after {seconds} s: {script}: {lines}')
                lines.append(line.rstrip('\n'))
        finally:
            if watch:
                watch.cancel()
        if any(line.startswith('error: ') for line in lines):
            raise Wrong(f'{script}: {lines}')
        return lines

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Phase:
    """A part of a job, from an instant that can be seen from outside to the job's end, and how long that takes."""

    def __init__(self, has_begun):
        self.has_begun = has_begun
        self.duration = 0


def measure(script, reset, phases):
    """Runs a job three times to learn how long its phases take, which are given in the order in which they begin."""
    samples = []
    for _ in range(3):
        reset()
        process = shell(script)
        begun = []
        for phase in phases:
            wait_until(phase.has_begun, process)
            begun.append(time.monotonic())
        while process.stdout.readline() not in (b'done\n', b''):
            pass
        ended = time.monotonic()
        process.communicate()
        samples.append([ended - instant for instant in begun])
    reset()
    for phase, durations in zip(phases, zip(*samples)):
        phase.duration = sorted(durations)[1]
    return phases


def work_folder(prefix):
    """A new folder, also for what a killed process leaves among the temporary files."""
    folder = tempfile.mkdtemp(prefix=prefix)
    os.environ['TMPDIR'] = folder
    return folder


def wait_until(is_true, process):
    while process.poll() is None and not is_true():
        time.sleep(0.0005)


def sha256(path, length=None):
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while True:
            piece = file.read(1 << 20 if length is None else min(1 << 20, length))
            if not piece:
                return digest.hexdigest()
            if length is not None:
                length -= len(piece)
            digest.update(piece)


def tree(root, ignore_root_time=False, exclude=()):
    """All that is seen of a tree: type, mode, owner, time, size, link target, content."""
    found = {}

    def visit(path, name):
        status = os.lstat(path)
        kind = stat.S_IFMT(status.st_mode)
        link = os.readlink(path) if kind == stat.S_IFLNK else None
        content = sha256(path) if kind == stat.S_IFREG else None
        is_root_time_free = ignore_root_time and name == '.'
        found[name] = (status.st_mode, status.st_uid, status.st_gid, None if is_root_time_free else status.st_mtime_ns, link, content)
        if kind == stat.S_IFDIR:
            for child in sorted(os.listdir(path)):
                if not (name == '.' and child in exclude):
                    visit(os.path.join(path, child), child if name == '.' else name + '/' + child)

    visit(root, '.')
    return found


def write(path, size):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(rng.randbytes(size))


def make_volume(folder, files, large):
    """A volume whose backup takes a while and whose swap takes many renames."""
    os.makedirs(folder)
    for i in range(files):
        write(f'{folder}/file{i}', rng.randrange(0, 9000))
        write(f'{folder}/folder{i % 40}/file{i}', rng.randrange(0, 9000))
    for i in range(large):
        write(f'{folder}/large{i}', 8 << 20)
    os.symlink('file0', f'{folder}/link')
    os.link(f'{folder}/file1', f'{folder}/hardlink')


def change_volume(folder, n):
    write(f'{folder}/file{rng.randrange(100)}', rng.randrange(0, 90000))
    write(f'{folder}/new{n}', rng.randrange(0, 90000))
    if os.path.exists(f'{folder}/new{n - 4}'):
        os.remove(f'{folder}/new{n - 4}')
    write(f'{folder}/large0', rng.randrange(1 << 20, 8 << 20))


def contents(folder):
    """Names and contents of the regular files of a volume, as an archive shows them."""
    return {name: value[5] for name, value in tree(folder).items() if value[5] is not None}


def generations(archive):
    """Reads the archive with Python: for each generation the contents of its files, links resolved."""
    listing = subprocess.run(['tar', '-tf', archive], capture_output=True, check=False, env={**os.environ, 'LC_ALL': 'C'})
    # A kill between the writes of the second and the first block of a generation leaves a lone zero block.
    remarks = [line for line in listing.stderr.splitlines() if b': A lone zero block at ' not in line]
    if listing.returncode != 0 or remarks:
        raise Wrong(f'GNU tar says {listing.returncode}: {listing.stderr.decode()}')
    found = []
    files = {}
    with tarfile.open(archive, 'r:', errorlevel=2) as tar:
        for member in tar:
            parts = member.name.split('/')
            if parts[0] != 'volumes':
                continue
            if parts[1] == 'volumes-data.yml':
                found.append(files)
                files = {}
            elif member.isreg() and len(parts) > 2:
                digest = hashlib.sha256()
                source = tar.fileobj
                source.seek(member.offset_data)
                left = member.size
                while left > 0:
                    piece = source.read(min(left, 1 << 20))
                    if not piece:
                        raise Wrong(f'{member.name} is cut short')
                    digest.update(piece)
                    left -= len(piece)
                files['/'.join(parts[2:])] = digest.hexdigest()
            elif member.islnk():
                files['/'.join(parts[2:])] = files['/'.join(member.linkname.split('/')[2:])]
    if files:
        raise Wrong('entries stand behind the last manifest')
    return found


class BackupRuns:
    """Backups of a changing volume into one archive."""

    def __init__(self, folder, helper, is_padded=False):
        self.folder = folder
        self.helper = helper
        self.volume = f'{folder}/volume'
        self.archive = f'{folder}/backup.tar'
        self.is_padded = is_padded
        os.makedirs(folder)
        make_volume(self.volume, 200, 2)
        self.script = f"$null = Backup-Volume '{self.volume}' '{self.archive}' -WarningVariable told 3>$null"
        self.reset()
        self.phases = measure(self.script, self.reset, [Phase(lambda: True), Phase(self.is_writing)])

    def is_writing(self):
        return os.path.getsize(self.archive) > self.length

    def reset(self):
        self.saved = []
        if self.is_padded:
            # GNU tar's padding: the end lies before 10,240 zeros, and the first generation is not on a page.
            write(f'{self.folder}/foreign', 700)
            subprocess.run(['tar', '-cf', self.archive, '-C', self.folder, 'foreign'], check=True)
        else:
            if os.path.exists(self.archive):
                os.remove(self.archive)
            self.helper.run(f"$null = Initialize-BackupTar '{self.archive}'")
        self.length = os.path.getsize(self.archive)

    def prepare(self, n):
        if len(self.saved) == 6:
            self.reset()
        change_volume(self.volume, n)
        self.before = sha256(self.archive)
        self.length = os.path.getsize(self.archive)

    def judge(self):
        found = generations(self.archive)
        self.is_unchanged = sha256(self.archive) == self.before
        if found == self.saved + [contents(self.volume)]:
            self.saved = found
            return 'committed'
        if found == self.saved:
            return 'absent, nothing written' if self.is_unchanged else 'absent, rubbish behind the end'
        raise Wrong('the generations are not those that were saved')

    def judge_stopped(self, result):
        """After a signal that asks it to stop."""
        if result != 'committed' and not self.is_unchanged:
            raise Wrong('the archive is not what it was')

    @staticmethod
    def is_done(result):
        return result == 'committed'

    def heal(self, result):
        output = self.helper.run(self.script + "; [Console]::Out.WriteLine($told.Count); "
                                 f"[Console]::Out.WriteLine((Test-BackupTar '{self.archive}' -Quiet))")
        if (output[0] != '0') != (result == 'absent, rubbish behind the end'):
            raise Wrong(f'{result}, and the next backup said: {output}')
        if output[1] != 'True':
            raise Wrong(f'Test-BackupTar finds damage: {output}')
        self.saved = self.saved + [contents(self.volume)]
        if generations(self.archive) != self.saved:
            raise Wrong('after the next backup the generations are not those that were saved')


class OptimizeRuns:
    """
    Removals of two generations from between others, cut out in place or by a new file, as the file system can: of one
    volume, by their numbers, or of several that share a prefix, by a rule that keeps the newest of each.
    """

    GOING = (2, 4)

    SAVED = ('a', 'b', 'c', 'b', 'b')

    def __init__(self, folder, helper, by_rule=False):
        self.helper = helper
        self.by_rule = by_rule
        self.archive = f'{folder}/backup.tar'
        self.master = f'{folder}/master.tar'
        names = self.SAVED if by_rule else ('a',) * 5
        for name in sorted(set(names)):
            make_volume(f'{folder}/volumes/{name}', 100, 1)
        helper.run(f"$null = Initialize-BackupTar '{self.master}'")
        for n, name in enumerate(names):
            volume = f'{folder}/volumes/{name}'
            change_volume(volume, n)
            helper.run(f"$null = Backup-Volume '{volume}' '{self.master}'")
        self.saved = generations(self.master)
        self.kept = [found for number, found in enumerate(self.saved, 1) if number not in self.GOING]
        going = ', '.join(str(number) for number in self.GOING)
        wish = '-KeepLast 1' if by_rule else f'-Generation {going}'
        self.script = f"$null = Optimize-BackupTar '{self.archive}' {wish} -Confirm:$false"
        self.reset()
        self.phases = measure(self.script, self.reset, [Phase(lambda: True), Phase(self.is_cutting)])

    def is_cutting(self):
        return os.path.getsize(self.archive) != self.length or len(os.listdir(os.path.dirname(self.archive))) > 3

    def reset(self):
        shutil.copyfile(self.master, self.archive)
        self.length = os.path.getsize(self.archive)

    def prepare(self, _):
        self.reset()

    def judge(self):
        found = generations(self.archive)
        if found == self.kept:
            return 'both gone'
        if found == self.saved:
            return 'both there'
        if len(found) == 4 and all(kept in found for kept in self.kept) and [g for g in self.saved if g in found] == found:
            return 'one gone'
        raise Wrong('the generations are not those that were saved')

    def judge_stopped(self, result):
        if len(os.listdir(os.path.dirname(self.archive))) > 3:
            raise Wrong('something was left beside the archive')

    @staticmethod
    def is_done(result):
        return result == 'both gone'

    def heal(self, result):
        numbers = ', '.join(str(number) for number in self.GOING)
        output = self.helper.run(
            f"$left = @((Get-BackupTar '{self.archive}').Generation.Where({{ $_ -in {numbers} }})); "
            f"$policy = if (${self.by_rule}) {{ @{{ KeepLast = 1 }} }} elseif ($left.Count) {{ @{{ Generation = $left }} }} else {{ @{{ KeepLast = 9 }} }}; "
            f"$null = Optimize-BackupTar '{self.archive}' @policy -Confirm:$false; "
            f"[Console]::Out.WriteLine((Test-BackupTar '{self.archive}' -Quiet))")
        if output[0] != 'True':
            raise Wrong(f'Test-BackupTar finds damage: {output}')
        if generations(self.archive) != self.kept:
            raise Wrong(f'{result}, and the next run did not finish')
        self.judge_stopped(result)


class RestoreRuns:
    """Restores of a folder and a file over other content."""

    OPTIONS = ''

    def __init__(self, folder, helper):
        self.folder = folder
        self.helper = helper
        self.home = f'{folder}/home'
        self.volume = f'{folder}/home/volume'
        self.file = f'{folder}/home/file'
        self.archive = f'{folder}/backup.tar'
        make_volume(self.volume, 400, 1)
        write(self.file, 6 << 20)
        os.chmod(self.volume, 0o2750)
        helper.run(f"$null = Initialize-BackupTar '{self.archive}'; "
                   f"$null = '{self.volume}', '{self.file}' | Backup-Volume -Archive '{self.archive}'")
        self.digest = sha256(self.archive)
        shutil.rmtree(self.volume)
        make_volume(self.volume, 300, 1)
        write(self.file, 5 << 20)
        self.old_folder = f'{folder}/old'
        subprocess.run(['cp', '-a', self.home, self.old_folder], check=True)
        self.old = self.trees()
        self.script = f"$null = Restore-Volume '{self.archive}' -Prefix volumes{self.OPTIONS} -Confirm:$false"
        helper.run(self.script)
        self.new = self.trees()
        self.reset()
        self.phases = measure(self.script, self.reset, [
            Phase(lambda: True), Phase(self.is_staging), Phase(self.is_working), Phase(self.is_at_file)])

    def trees(self):
        return tree(self.volume), tree(self.file)

    def staging(self):
        """The staging folder's name: there is one at most. Elsewhere in the volume nothing is left."""
        found = [name for name in os.listdir(self.volume) if name.startswith('.snapshotter-')]
        if len(found) > 1:
            raise Wrong(f'more than one staging folder: {found}')
        for path, folders, _ in os.walk(self.volume):
            if path == self.volume:
                folders[:] = [name for name in folders if name not in found]
            for name in os.listdir(path):
                if name.startswith('.snapshotter-') and path != self.volume:
                    raise Wrong(f'something was left in {path}')
        return found[0] if found else None

    def is_staging(self):
        return any(name.startswith('.snapshotter-') for name in os.listdir(self.volume))

    def is_marked(self, *marks):
        return any(os.path.exists(f'{self.volume}/{name}/{mark}')
                   for name in os.listdir(self.volume) if name.startswith('.snapshotter-') for mark in marks)

    def is_working(self):
        return self.is_marked('swap')

    def is_at_file(self):
        return any(name.startswith('.snapshotter-') for name in os.listdir(self.home))

    def reset(self):
        shutil.rmtree(self.home)
        subprocess.run(['cp', '-a', self.old_folder, self.home], check=True)

    def prepare(self, _):
        self.reset()

    def judge(self):
        staging = self.staging()
        file = tree(self.file)
        if file not in (self.old[1], self.new[1]):
            raise Wrong('the file volume is neither old nor new')
        if self.is_marked('swap', 'half'):
            self.is_refused()
            return 'in the middle of its exchange'
        found = tree(self.volume, ignore_root_time=True, exclude=(staging,))
        if found == self.without_root_time(self.old[0]):
            return 'old, staging begun' if staging else 'old'
        if found == self.without_root_time(self.new[0]):
            return 'new' if file == self.new[1] and not staging else 'folder new, file old'
        raise Wrong('the volume is neither old nor new, and no journal is there')

    def is_refused(self):
        """A backup, under whatever name, does not take what is half old and half new for a volume."""
        other = f'{self.folder}/other.tar'
        output = self.helper.run(
            f"$null = Initialize-BackupTar '{other}' -Force; "
            f"try {{ $null = Backup-Volume '{self.volume}' '{other}'; [Console]::Out.WriteLine('saved') }} "
            f"catch {{ [Console]::Out.WriteLine($_.FullyQualifiedErrorId) }}")
        if not output[0].startswith('RestoreInterrupted'):
            raise Wrong(f'a backup in the middle of the exchange: {output}')

    def judge_stopped(self, result):
        if result == 'old, staging begun':
            raise Wrong('the staging folder was left')

    @staticmethod
    def is_done(result):
        return result == 'new'

    def heal(self, result):
        self.helper.run(self.script)
        if self.trees() != self.new or self.is_at_file() or self.is_staging():
            raise Wrong(f'{result}, and the next restore did not make it new: {self.left()}')
        if sha256(self.archive) != self.digest:
            raise Wrong('the archive was changed')

    def left(self):
        """What is not as it should be."""
        differing = [
            name for now, new in zip(self.trees(), self.new) for name in now.keys() | new.keys() if now.get(name) != new.get(name)]
        return differing[:5] + [name for name in os.listdir(self.home) if name.startswith('.snapshotter-')]

    @staticmethod
    def without_root_time(found):
        root = found['.']
        return {**found, '.': root[:3] + (None,) + root[4:]}


class InPlaceRuns(RestoreRuns):
    """The same, emptied and filled."""

    OPTIONS = ' -InPlace'

    def is_working(self):
        return self.is_marked('half')

    def judge_stopped(self, result):
        """Once it is emptied, there is nothing to go back to."""


class PartRuns(RestoreRuns):
    """Restores of a part of it over what is there: each file is old or new, at every instant."""

    OPTIONS = " -Include 'folder*', 'link', 'hardlink', 'file1', 'large0', 'file'"

    def is_working(self):
        return self.is_marked('made')

    def judge(self):
        staging = self.staging()
        found = tree(self.volume, exclude=(staging,))
        for name, now in found.items():
            known = [kept[0][name] for kept in (self.old, self.new) if name in kept[0]]
            if stat.S_ISDIR(now[0]):
                # Its time changes with each name in it.
                now, known = now[:3], [one[:3] for one in known]
            if now not in known:
                raise Wrong(f'{name} is neither old nor new')
        if set(self.old[0]) - set(found):
            raise Wrong('something is gone')
        if tree(self.file) not in (self.old[1], self.new[1]):
            raise Wrong('the file volume is neither old nor new')
        return 'new' if (found, tree(self.file)) == self.new else 'some new, the others old'

    def heal(self, result):
        self.helper.run(self.script)
        found = tree(self.volume, ignore_root_time=True)
        if (found, tree(self.file)) != (self.without_root_time(self.new[0]), self.new[1]) or self.is_at_file() or self.is_staging():
            raise Wrong(f'{result}, and the next restore did not make it new: {self.left()}')

    def judge_stopped(self, result):
        if self.is_staging():
            raise Wrong('the staging folder was left')


class TwoRuns(RestoreRuns):
    """A restore that is killed while another process restores the same volumes."""

    def __init__(self, folder, helper):
        super().__init__(folder, helper)
        self.alone = self.script
        self.script = (f"try {{ {self.alone} }} catch {{ if ($_.FullyQualifiedErrorId -notmatch '^VolumeLocked') {{ throw }} }}")

    def prepare(self, n):
        super().prepare(n)
        self.other = shell(f'1..3 | ForEach-Object {{ {self.script} }}')

    def judge(self):
        output, errors = self.other.communicate()
        if self.other.returncode != 0 or not output.endswith(b'done\n'):
            raise Wrong(f'the other one failed: {errors.decode()}')
        return super().judge()

    @staticmethod
    def is_done(result):
        return True

    def judge_stopped(self, result):
        """The other one may have been at work."""

    def heal(self, result):
        self.script, tolerant = self.alone, self.script
        super().heal(result)
        self.script = tolerant


def repeat(name, runs, once):
    """Calls once(n) for each run, up to the first that fails. Prints how the outcomes were spread. Returns passed and failed."""
    outcomes = Counter()
    failed = 0
    for n in range(runs):
        try:
            for outcome in once(n):
                outcomes[outcome] += 1
        except Wrong as e:
            failed = 1
            print(f'FAILED: {name} {n} of {runs}: {e}', flush=True)
            break
        if n % 50 == 49:
            print(f'{name}: {n + 1} of {runs}', flush=True)
    print(f'{name}: {sum(outcomes.values())} outcomes', flush=True)
    for outcome, count in sorted(outcomes.items()):
        print(f'  {count:5} {outcome}', flush=True)
    return sum(outcomes.values()), failed
