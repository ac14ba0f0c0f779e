"""Keeps programs running until somebody asks to stop."""

import select
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

from config.supervision.program import Child, Program

STOP_GRACE_S = 8.0
GIVE_UP_AFTER = 4  # quick deaths of one program before everything was ready once
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class GaveUp(Exception):
    """A program does not get going."""


class Supervisor:
    """A context: leaving it, for whatever reason, stops every program and waits until all are gone.

    ``say`` receives one line for each event a person should know of.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._children: list[Child] = []
        self._handlers: dict[int, Any] = {}
        self._wakeup_in, self._wakeup_out = socket.socketpair()
        self.stopping = False

    def __enter__(self) -> Self:
        self._wakeup_in.setblocking(False)
        self._wakeup_out.setblocking(False)
        signal.set_wakeup_fd(self._wakeup_in.fileno(), warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            self._handlers[number] = signal.signal(number, self._on_stop)
        self._handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes `wait`
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            for child in self._children:
                child.close_door()
            signal.set_wakeup_fd(-1)
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            self._wakeup_in.close()
            self._wakeup_out.close()

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            for child in self._children:
                child.signal(signal.SIGKILL)  # asked twice: at once
        self.stopping = True

    def start(self, program: Program) -> None:
        """Starts the program, and again whenever it ends; one that is knocked on when somebody does. Does nothing once
        somebody asked to stop."""
        child = Child(program)
        self._children.append(child)
        if not self.stopping and child.is_wanted:
            self._begin(child)

    def _begin(self, child: Child) -> None:
        doors = (other.program.knocked_on for other in self._children if other is not child)
        child.start([self._wakeup_in, self._wakeup_out, *filter(None, doors)])

    def wait(self, timeout_s: float) -> None:
        """Sleeps until a signal arrives (a child ended, somebody asks to stop), somebody knocks, or it is late."""
        doors = [child.program.knocked_on for child in self._children if child.is_resting and not self.stopping]
        if self._wakeup_out in select.select([self._wakeup_out, *filter(None, doors)], [], [], timeout_s)[0]:
            self._wakeup_out.recv(4096)

    def tend(self, *, may_give_up: bool = False) -> None:
        """Notices what ended and starts what is due. Raises GaveUp when ``may_give_up`` and a start keeps failing."""
        for child in self._children:
            code = child.reap()
            if code is not None and not self.stopping:
                if may_give_up and child.quick_deaths >= GIVE_UP_AFTER:
                    raise GaveUp(f"{child.program.name} ended {child.quick_deaths} times ({_how(code)})")
                if code == 0 and child.program.knocked_on is not None:
                    continue  # nobody asked for a while; the next one who does starts it again
                self._say(f"{child.program.name} ended ({_how(code)}), starting it again in {child.wait_s:.1f} s")
            if not child.is_running and not self.stopping and time.monotonic() >= child.due_at and child.is_wanted:
                self._begin(child)

    def run_until(self, condition: Callable[[], bool], *, every_s: float, may_give_up: bool = False) -> None:
        """Tends the programs until the condition holds or somebody asks to stop."""
        while not self.stopping and not condition():
            self.tend(may_give_up=may_give_up)
            self.wait(every_s)

    def stop(self) -> None:
        """Asks all to end, those that serve others last; what does not end in time is killed with all it started."""
        self.stopping = True
        for last in (False, True):
            group = [child for child in self._children if child.program.serves_others is last]
            for child in group:
                if child.process is not None:
                    child.process.terminate()
            deadline = time.monotonic() + STOP_GRACE_S
            while self._alive(group) and time.monotonic() < deadline:
                self.wait(0.1)
            for child in self._alive(group):
                child.signal(signal.SIGKILL)
            while self._alive(group):
                self.wait(0.05)

    @staticmethod
    def _alive(group: list[Child]) -> list[Child]:
        for child in group:
            child.reap()
        return [child for child in group if child.is_running]


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
