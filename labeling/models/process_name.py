"""What a process is called in the database, so that others can tell whether it still lives."""

import hashlib
import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path


@cache
def machine_name() -> str:
    """The host with a mark of its kernel's start and its set of process numbers.

    Two containers may share a host name, and a machine that started anew has none of its old processes.
    """
    marks = ""
    with suppress(OSError):  # no Linux: the host name has to do
        marks = Path("/proc/sys/kernel/random/boot_id").read_text() + os.readlink("/proc/self/ns/pid")
    return f"{socket.gethostname()[:60]}.{hashlib.sha256(marks.encode()).hexdigest()[:8]}"


def process_name(pid: int | None = None) -> str:
    """``machine:pid:start`` of a process, by default this one: a number that is given again has another start."""
    pid = os.getpid() if pid is None else pid
    return f"{machine_name()}:{pid}:{_start_of(pid) or 0}"


def machine_of(name: str) -> str:
    return name.partition(":")[0]


def is_alive(name: str) -> bool:
    """Whether a process of this machine still runs."""
    _, pid, start = name.split(":")
    now = _start_of(int(pid))
    if now is None:
        return False
    return start in ("0", now) if now else _answers(int(pid))


def _start_of(pid: int) -> str | None:
    """When it started, in the kernel's ticks; None when it is gone or only waits to be buried, "" where nobody tells.

    Nobody may ask for the end of a killed process for some seconds or, in a container whose first process asks after
    nobody, for ever: its number still answers then.
    """
    if not Path("/proc/self/stat").exists():
        return ""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
