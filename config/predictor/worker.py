"""gunicorn's plain worker: one request at a time, the next one waits in the socket for whichever process is free."""

import mmap
import os
import signal
import struct
import time
from functools import partial
from typing import Any

from gunicorn.workers.sync import SyncWorker

from config.environment import whole_number

_asked_at = mmap.mmap(-1, 8)  # shared by the processes: the moment of the last request, by the monotonic clock


class PredictorWorker(SyncWorker):
    """Ends the predictor when nobody has asked for PREDICTOR_IDLE_S, so that it costs no memory; 0 is never. Whoever
    started it listens on, and starts it again."""

    def init_process(self) -> None:
        self._idle_s = whole_number("PREDICTOR_IDLE_S", 0)
        self._note()
        super().init_process()

    def load_wsgi(self) -> None:
        self.wsgi: Any = None
        super().load_wsgi()
        application: Any = self.wsgi
        self.wsgi = partial(_with_beat, application, self._get_on)

    def wait(self, timeout: float) -> Any:
        if self._idle_s:
            timeout = min(timeout, max(0.1, self._idle_s / 4))
        return super().wait(timeout)

    def notify(self) -> None:
        super().notify()
        if self._idle_s and time.monotonic() - struct.unpack("d", _asked_at[:])[0] > self._idle_s:
            self._note()  # asked to end once
            os.kill(self.ppid, signal.SIGTERM)

    def _get_on(self) -> None:
        """In the middle of a request: nobody rests while this one is answered, however long it takes."""
        self._note()
        self.notify()

    def handle_request(self, *args: Any) -> None:
        self._note()
        super().handle_request(*args)
        self._note()

    @staticmethod
    def _note() -> None:
        _asked_at[:] = struct.pack("d", time.monotonic())


def _with_beat(application: Any, beat: Any, environ: dict[str, Any], start_response: Any) -> Any:
    environ["querent.beat"] = beat
    return application(environ, start_response)
