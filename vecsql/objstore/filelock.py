"""One writer per database file, across processes: flock on the file, with the holder's pid for the message."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

from vecsql import errors

OWNER_OFFSET = 8192  # the page that names the process that has the file open for writing
OWNER_LENGTH = 64


def acquire(fd: int, name: str, *, exclusive: bool) -> None:
    """Lock the open file or raise ObjectInUse naming the other process.

    flock rather than POSIX locks: those are lost when any descriptor of the file is closed, which mmap does.
    """
    try:
        fcntl.flock(fd, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise errors.ObjectInUse(f'database "{name}" is already open in {_owner(fd)}') from None


def announce(fd: int) -> None:
    """Write our pid where others find it; only once the file is known to be a vecsql database. It is for a message
    only, so a failure does not matter."""
    with suppress(OSError):
        os.pwrite(fd, str(os.getpid()).encode().ljust(OWNER_LENGTH, b"\0"), OWNER_OFFSET)


def _owner(fd: int) -> str:
    text = os.pread(fd, OWNER_LENGTH, OWNER_OFFSET).rstrip(b"\0")
    if text == str(os.getpid()).encode():
        return "this process"
    return f"another process (pid {text.decode()})" if text.isdigit() else "another process"


def retract(fd: int) -> None:
    """Remove our pid before the lock is given back."""
    with suppress(OSError):
        os.pwrite(fd, bytes(OWNER_LENGTH), OWNER_OFFSET)


def release(fd: int) -> None:
    fcntl.flock(fd, fcntl.LOCK_UN)
