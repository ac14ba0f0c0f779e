"""One supervised program and the process that runs it."""

import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from config.supervision.copy import Copy, can_copy
from config.supervision.ties import tie_to

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 30.0
STEADY_AFTER_S = 10.0  # a process that lived this long has started well: the next death starts the backoff anew


@dataclass(frozen=True)
class Program:
    """What to run. ``orphan_signal`` is sent by the kernel should the supervisor itself be killed.

    With ``work`` it is done in a copy of this process, which shares what was loaded here, where a process can be
    copied; ``command`` does the same in a process that loads everything itself.
    """

    name: str
    command: Sequence[str]
    work: Callable[[], object] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()
    orphan_signal: signal.Signals = signal.SIGTERM
    serves_others: bool = False  # stopped after the others, which may need it to the end
    knocked_on: socket.socket | None = None  # started when somebody connects to it, and again once it has ended


class Child:
    """A program's current process, in a process group of its own, and when to start the next one."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | Copy | None = None
        self.quick_deaths = 0
        self.due_at = 0.0
        self._started_at = 0.0

    @property
    def is_running(self) -> bool:
        return self.process is not None

    @property
    def is_wanted(self) -> bool:
        """Whether there is something to do for it."""
        knocked_on = self.program.knocked_on
        return knocked_on is None or bool(select.select([knocked_on], [], [], 0)[0])

    @property
    def is_resting(self) -> bool:
        """Whether it waits for somebody to knock, as who ended by itself with nothing to do."""
        return not self.is_running and self.program.knocked_on is not None and time.monotonic() >= self.due_at

    def close_door(self) -> None:
        """Nobody is waited for any more: the file of its socket goes too, which nobody could copy."""
        if (knocked_on := self.program.knocked_on) is not None:
            place = knocked_on.getsockname()
            knocked_on.close()
            if isinstance(place, str) and place:
                with suppress(FileNotFoundError):
                    os.unlink(place)

    def start(self, not_its_own: Iterable[socket.socket] = ()) -> None:
        """``not_its_own`` is what a copy of this process closes first."""
        self._started_at = time.monotonic()
        self.process = self._copy(not_its_own) if self.program.work and can_copy() else self._command()

    def _copy(self, not_its_own: Iterable[socket.socket]) -> Copy:
        program, doors = self.program, list(not_its_own)

        def work() -> None:
            for door in doors:  # who connects must not wait for a process that never answers
                door.close()
            os.environ.update(program.environment)
            assert program.work is not None
            program.work()

        return Copy(work, program.orphan_signal, title=f"querent: {program.name}")

    def _command(self) -> subprocess.Popen[bytes]:
        program = self.program
        return subprocess.Popen(
            program.command,
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            pass_fds=program.pass_fds,
            process_group=0,
            preexec_fn=tie_to(os.getpid(), program.orphan_signal),
        )

    def reap(self) -> int | None:
        """The exit code when the process has ended since the last call. Ends what it left behind and plans the next."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self.signal(signal.SIGKILL)
        self.process = None
        lived_s = time.monotonic() - self._started_at
        if code == 0 and self.program.knocked_on is not None:
            self.quick_deaths, self.due_at = 0, 0.0
            return code
        self.quick_deaths = 1 if lived_s >= STEADY_AFTER_S else self.quick_deaths + 1
        self.due_at = time.monotonic() + self.wait_s
        return code

    @property
    def wait_s(self) -> float:
        """Seconds before the next start: doubles with every quick death, up to half a minute."""
        return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (self.quick_deaths - 1))

    def signal(self, number: signal.Signals) -> None:
        """Signals the process and everything it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
