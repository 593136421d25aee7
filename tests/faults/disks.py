"""Disks that are full, and folders that nothing can be written to."""

import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOM = 2**15  # bytes: eight pages


class Disk:
    """A folder that has little room: a small file system, or where none can be mounted, a limit on files."""

    def __init__(self, folder, mounted):
        self.folder, self.mounted = folder, mounted

    def run(self, script):
        """Run a script there, in a process of its own."""

        def limit():
            if not self.mounted:
                resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))

        return subprocess.run(
            [sys.executable, "-c", script],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            preexec_fn=limit,
        )


@contextmanager
def small(folder, mount=True):
    """Make a folder a disk with little room, or have a limit on files there."""
    folder.mkdir()
    call = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(folder)]
    mounted = mount and os.geteuid() == 0 and subprocess.run(call, capture_output=True).returncode == 0
    try:
        yield Disk(folder, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder, options):
    """Give a file system another size, or make it read-only or not."""
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


@contextmanager
def no_rights(folder):
    """Take the right to write to a folder from this process, which may be root's."""
    folder.chmod(0o555)
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
