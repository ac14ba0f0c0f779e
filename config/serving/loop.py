"""gunicorn's worker class: one loop that waits for all clients, and the threads that run the application."""

import errno
import gc
import os
import queue
import resource
import select
import shutil
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.workers.base import Worker

from config.environment import whole_number
from config.serving import refusals
from config.serving.connection import Connection
from config.serving.pace import Limits
from config.serving.receiving import Receiving

if TYPE_CHECKING:
    pass

TICK_S = 1.0
STOPPING_TICK_S = 0.1
STOP_LINGER_S = 2.0  # kept-alive connections stay that long while stopping: their client may be sending a request
SPOOL_BYTES = 256 * 1024 * 1024  # of bodies from people who were not asked who they are, in one process
DESCRIPTORS_FOR_US = 128
WAITING_FOR_ONE = 4  # requests for predictions that wait for a thread of theirs, for each of these

_READ = select.EPOLLIN | select.EPOLLONESHOT
_WRITE = select.EPOLLOUT | select.EPOLLONESHOT

Work = Callable[[], None]


class Threads:
    """Threads that are made when work waits for one, at most ``most``. Not concurrent.futures, which makes a result for
    each piece of work that nobody reads here."""

    def __init__(self, name: str, most: int) -> None:
        self.name = name
        self.most = most
        self.n_threads = 0
        self.n_idle = 0
        self.lock = threading.Lock()  # of both counts
        self.work: queue.SimpleQueue[Work] = queue.SimpleQueue()

    def submit(self, work: Work) -> None:
        self.work.put(work)
        with self.lock:
            if self.n_threads >= self.most or self.n_idle >= self.work.qsize():
                return
            self.n_threads += 1
        threading.Thread(target=self._run, name=f"{self.name}-{self.n_threads}", daemon=True).start()

    def _run(self) -> None:
        get, lock = self.work.get, self.lock
        while True:
            with lock:
                self.n_idle += 1
            work = get()
            with lock:
                self.n_idle -= 1
            work()
            collect_garbage()


def collect_garbage() -> None:
    """What the automatic collector would do, but between requests, for it may wait.

    Garbage can hold a SQLite cursor of another thread, whose connection is locked while that thread waits to write. The
    collector then waits for it; inside a request it would wait with the write lock in hand, each for the other, until
    the patience of one ends.
    """
    for generation in (2, 1, 0):
        if gc.get_count()[generation] > gc.get_threshold()[generation]:
            gc.collect(generation)
            return


class Loop(Worker):
    """The loop sleeps in epoll. A connection is registered for one event at a time (ONESHOT), so that a thread arms it
    again by itself and the loop is not woken for that; while a thread has the connection, it has no events."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keepalive_s = float(self.cfg.keepalive)
        self.limits = Limits(
            patience_s=float(whole_number("CLIENT_PATIENCE_S", 30, low=1, high=600)),
            bytes_per_s=whole_number("CLIENT_BYTES_PER_S", 1024, low=1),
        )
        self.connections: dict[int, Connection] = {}
        self.spooled: dict[Receiving, int] = {}

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        if cfg.is_ssl:
            raise RuntimeError("TLS is the proxy's: this server speaks HTTP only.")

    def init_process(self) -> None:
        gc.disable()  # see collect_garbage
        self.epoll = select.epoll()
        application, disk = Threads("web", self.cfg.threads), Threads("disk", 1)
        self.to_application, self.to_disk = application.submit, disk.submit
        in_flight = whole_number("PREDICT_IN_FLIGHT", 4, low=1, high=64)
        self.predicting = Threads("predict", in_flight)  # they wait for another process: annotators' threads do not
        self.most_waiting = in_flight * WAITING_FOR_ONE
        self.most_connections = _descriptors(self.cfg.worker_connections)
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        # gunicorn imports this module before the application, which has to set Django up first
        from django.conf import settings  # noqa: PLC0415

        from config.serving.admission import Admission  # noqa: PLC0415

        self.admission: Admission = Admission.from_settings()
        self.spool = Path(settings.FILE_UPLOAD_TEMP_DIR)

    # the loop

    def run(self) -> None:
        self.by_listener = {listener.fileno(): listener for listener in self.sockets}
        for listener in self.sockets:
            listener.setblocking(False)
        self.epoll.register(self.PIPE[0], select.EPOLLIN)  # signals write to it
        self._accept_again()
        next_tick = 0.0
        while self.alive:
            next_tick = self._turn(next_tick, TICK_S)
            if self.ppid != os.getppid():
                break
        self._stop()

    def _turn(self, next_tick: float, every_s: float) -> float:
        for fd, _ in self.epoll.poll(max(0.0, min(every_s, next_tick - time.monotonic()))):
            if connection := self.connections.get(fd):
                connection.ready()
            elif fd == self.PIPE[0]:
                os.read(fd, 4096)
            elif listener := self.by_listener.get(fd):
                self._accept(listener)
        now = time.monotonic()
        if now < next_tick:
            return next_tick
        self.notify()
        for connection in list(self.connections.values()):
            connection.tick(now)
        return now + every_s

    def _stop(self) -> None:
        """Nothing new; what is under way may end within the grace gunicorn gives."""
        for fd in self.by_listener:
            self.epoll.unregister(fd)
        for listener in self.sockets:
            listener.close()
        began = time.monotonic()
        next_tick = 0.0
        while self.connections and time.monotonic() - began < self.cfg.graceful_timeout:
            next_tick = self._turn(next_tick, STOPPING_TICK_S)
            if time.monotonic() - began > STOP_LINGER_S:
                for connection in [each for each in list(self.connections.values()) if each.is_idle]:
                    connection.drop()

    def _accept_again(self) -> None:
        for fd in self.by_listener:
            self.epoll.register(fd, select.EPOLLIN)

    def _accept(self, listener: socket.socket) -> None:
        """One a turn: the processes share the clients, and the one that has time is there first."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EPROTO):
                raise
            return
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self.connections) >= self.most_connections:
            self._make_room()
        connection = Connection(self, sock, client, listener.getsockname())
        self.connections[connection.fd] = connection
        self.epoll.register(connection.fd, _READ)

    def _make_room(self) -> None:
        """Ends the connection that has waited longest for its client."""
        waiting = [each for each in list(self.connections.values()) if each.is_idle]
        if waiting:
            min(waiting, key=lambda each: each.until).drop()

    # what connections ask for, from the loop or from a thread

    def await_reading(self, connection: Receiving) -> None:
        self._await(connection, _READ)

    def await_writing(self, connection: Receiving) -> None:
        self._await(connection, _WRITE)

    def _await(self, connection: Receiving, events: int) -> None:
        try:
            self.epoll.modify(connection.fd, events)
        except OSError:  # it was closed meanwhile
            self.forget(connection)

    def forget(self, connection: Receiving) -> None:
        """Before its socket is closed: the number is given to the next one at once."""
        if self.connections.get(connection.fd) is connection:
            del self.connections[connection.fd]

    def to_predictions(self, work: Work) -> bool:
        """Runs the work in a thread that waits for the predictor; False when too much waits for these already."""
        if self.predicting.work.qsize() >= self.most_waiting:
            return False
        self.predicting.submit(work)
        return True

    def reserve(self, n_bytes: int, connection: Receiving) -> None:
        """Room on the disk for so many bytes more. Raises Refused; called by the disk's thread only."""
        if shutil.disk_usage(self.spool.parent).free < n_bytes + self.admission.keep_free_bytes:
            raise refusals.no_room()
        if connection.was_admitted:
            return
        if sum(list(self.spooled.values())) + n_bytes > SPOOL_BYTES:
            raise refusals.too_many()
        self.spooled[connection] = self.spooled.get(connection, 0) + n_bytes

    def count_request(self) -> None:
        self.nr += 1
        if self.nr >= self.max_requests:
            self.alive = False

    def release(self, connection: Receiving) -> None:
        self.spooled.pop(connection, None)


def _descriptors(wanted: int) -> int:
    """How many connections there can be: raises the soft limit of open files to the hard one first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        aim = hard if hard != resource.RLIM_INFINITY else max(soft, 65536)
        resource.setrlimit(resource.RLIMIT_NOFILE, (aim, hard))
        soft = aim
    return max(16, min(wanted, soft - DESCRIPTORS_FOR_US if soft != resource.RLIM_INFINITY else wanted))
