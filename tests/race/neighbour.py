#!/usr/bin/env python3
"""An ordinary user at work in a volume: renames, links, exchanges, plants and removes, as fast as can be, until it is ended.

neighbour.py VOLUME SHARED SECRETS SEED

VOLUME/home is his; SHARED is a folder outside where everybody may put things, in which others' stand; SECRETS is a folder
that he may not look into. Nothing that he does can change or show what is not his: that is for a program of root's to do
for him, and he tries to make it. Run as that user.
"""
import ctypes
import os
import random
import signal
import stat
import sys
import time

NAMES = [f'{letter}{number}' for letter in 'abc' for number in range(4)]
EXCHANGE = 2
PROTECTED = open('/proc/sys/fs/protected_hardlinks').read().strip() == '1'
libc = ctypes.CDLL(None, use_errno=True)


def exchange(old, new):
    """renameat2 with RENAME_EXCHANGE: at no moment is one of the names missing."""
    return libc.renameat2(-100, os.fsencode(old), -100, os.fsencode(new), EXCHANGE) == 0


class Neighbour:
    def __init__(self, volume, shared, secrets, seed):
        self.home = os.path.join(volume, 'home')
        self.volume, self.shared, self.secrets = volume, shared, secrets
        self.rng = random.Random(seed)
        self.held = []
        self.count = 0
        self.tricks = [
            self.move_out, self.move_out, self.move_out_what_is_emptied, self.move_within, self.move_up, self.bring_back,
            self.link_for_folder, self.link_for_file, self.hard_link, self.exchange, self.exchange_links, self.fifo,
            self.modes, self.grow, self.plant, self.take_temporary, self.hold, self.move_held, self.remove,
        ]

    def run(self):
        while True:
            trick = self.rng.choice(self.tricks)
            try:
                trick()
            except OSError:
                pass    # Too late, or forbidden, as it should be.

    def name(self):
        self.count += 1
        return f'n{self.count}'

    def folder(self):
        """One of the folders in his home, one to three levels down, if one is found."""
        for _ in range(6):
            path = self.home
            for _ in range(self.rng.choice([1, 1, 2, 3])):
                path = os.path.join(path, self.rng.choice(NAMES))
            if os.path.isdir(path):
                break
        return path

    def file(self):
        return os.path.join(self.folder(), f'f{self.rng.randrange(3)}')

    def move_out(self):
        path = self.folder()
        os.rename(path, os.path.join(self.shared, os.path.basename(path) + self.rng.choice(['', '.his'])))

    def move_out_what_is_emptied(self):
        """Waits until something vanishes from a folder, and takes away the folder, wherever it is by then."""
        path = self.folder()
        name = os.path.basename(path)
        parent = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            watched = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=parent)
            try:
                before = len(os.listdir(watched))
                end = time.monotonic() + 0.3
                while time.monotonic() < end:
                    if len(os.listdir(watched)) < before:
                        os.rename(name, os.path.join(self.shared, self.rng.choice([name, name + '.his'])), src_dir_fd=parent)
                        return
            finally:
                os.close(watched)
        finally:
            os.close(parent)

    def move_within(self):
        os.rename(self.folder(), os.path.join(self.folder(), self.rng.choice(NAMES)))

    def move_up(self):
        path = self.folder()
        os.rename(path, os.path.join(self.home, os.path.basename(path)))

    def bring_back(self):
        for entry in os.scandir(self.shared):
            if entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == os.getuid():
                name = entry.name.removesuffix('.his')
                os.rename(entry.path, os.path.join(self.home, name if self.rng.random() < 0.7 else self.rng.choice(NAMES)))

    def target(self):
        return self.rng.choice([
            self.shared, self.secrets, os.path.join(self.shared, self.rng.choice(NAMES)),
            os.path.join(self.shared, 'victim'), '..', '../../..', '/'])

    def link_for_folder(self):
        path = self.folder()
        os.rename(path, path + '.was')
        os.symlink(self.target(), path)
        time.sleep(self.rng.random() * 0.01)
        os.unlink(path)
        os.rename(path + '.was', path)

    def link_for_file(self):
        path = self.file()
        os.rename(path, path + '.was')
        os.symlink(os.path.join(self.rng.choice([self.secrets, self.shared]), self.rng.choice(['secret', 'f0', 'f1'])), path)
        time.sleep(self.rng.random() * 0.01)
        os.rename(path + '.was', path)

    def hard_link(self):
        """To what is not his only where the system does not allow it: where it does, it is in his folder by right."""
        folders = [self.folder()] + ([self.secrets, self.shared] if PROTECTED else [])
        os.link(os.path.join(self.rng.choice(folders), self.rng.choice(['secret', 'f0', 'f1'])),
                self.file() + '.hard', follow_symlinks=False)

    def exchange(self):
        exchange(self.folder(), self.rng.choice([self.folder(), self.file()]))

    def exchange_links(self):
        """A folder and a link, to and fro, without a moment between."""
        path = self.folder()
        link = os.path.join(self.home, self.name())
        os.symlink(self.target(), link)
        for _ in range(2 * self.rng.randrange(1, 20)):
            if not exchange(path, link):
                break
        os.unlink(link)

    def fifo(self):
        path = self.file()
        os.unlink(path)
        os.mkfifo(path)

    def modes(self):
        os.chmod(self.folder(), self.rng.choice([0, 0o111, 0o500, 0o555, 0o777, 0o700, 0o4755, 0o1777]), follow_symlinks=True)

    def grow(self):
        path = os.path.join(self.folder(), self.rng.choice(NAMES))
        os.makedirs(os.path.join(path, self.rng.choice(NAMES)), exist_ok=True)
        for number in range(self.rng.randrange(4)):
            with open(os.open(os.path.join(path, f'f{number}'),
                              os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644), 'wb') as file:
                file.write(b'his own\n')

    def plant(self):
        """What looks like the program's own folder, with a link where it would write."""
        path = os.path.join(self.rng.choice([self.home, self.folder(), self.volume]),
                            '.snapshotter-' + self.rng.choice(['0', 'a']) * self.rng.choice([32, 64]))
        if self.rng.random() < 0.3:
            os.symlink(self.target(), path)
            return
        os.mkdir(path)
        os.symlink(self.target(), os.path.join(path, self.rng.choice(['new', 'old', 'root', 'modes', 'file'])))
        open(os.path.join(path, 'swap'), 'w').close()

    def take_temporary(self):
        """The program's own folder, or what is in it, exchanged for a link or moved out."""
        folder = self.rng.choice([self.home, self.folder(), self.volume])
        for entry in os.scandir(folder):
            if entry.name.startswith('.snapshotter-'):
                if self.rng.random() < 0.5:
                    os.rename(entry.path, os.path.join(self.shared, self.name() + '.his'))
                else:
                    link = os.path.join(self.home, self.name())
                    os.symlink(self.target(), link)
                    exchange(entry.path, link)

    def hold(self):
        """Keeps a folder open: where it goes, he goes."""
        self.held.append(os.open(self.folder(), os.O_RDONLY | os.O_DIRECTORY))
        if len(self.held) > 60:
            os.close(self.held.pop(self.rng.randrange(len(self.held))))

    def move_held(self):
        """Out of a folder that may lie where no path of his leads."""
        handle = self.rng.choice(self.held) if self.held else os.open(self.home, os.O_RDONLY | os.O_DIRECTORY)
        if handle not in self.held:
            self.held.append(handle)
        names = os.listdir(handle)
        if names:
            name = self.rng.choice(names)
            os.rename(name, os.path.join(self.shared, name), src_dir_fd=handle)

    def remove(self):
        path = self.file()
        info = os.lstat(path)
        os.unlink(path) if not stat.S_ISDIR(info.st_mode) else os.rmdir(path)


def main(volume, shared, secrets, seed):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    os.umask(0o022)
    Neighbour(volume, shared, secrets, int(seed)).run()


if __name__ == '__main__':
    main(*sys.argv[1:])
