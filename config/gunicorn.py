"""How gunicorn serves: ``gunicorn -c config/gunicorn.py config.wsgi``. Under ``up`` it inherits the socket."""

import gc
import os
import select
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from config.environment import listen_host, listen_port, switch, whole_number

LEFTOVER_AGE_S = 24 * 60 * 60

_host = f"[{listen_host()}]" if ":" in listen_host() else listen_host()
_inherited = os.environ.get("QUERENT_LISTEN_FD")

bind = f"fd://{_inherited}" if _inherited else f"{_host}:{listen_port()}"
# without epoll (not Linux) gunicorn's own threads, which wait for slow clients: there a proxy has to buffer
worker_class = "config.serving.loop.Loop" if hasattr(select, "epoll") else "gthread"
workers = whole_number("WEB_PROCESSES", 2, low=1, high=64)
threads = whole_number("WEB_THREADS", 4, low=1, high=64)
preload_app = True  # the application is imported once and shared: half the start, and less memory for each process
timeout = 60  # a process whose loop does not turn; clients and their bodies have a pace of their own (config.serving)
graceful_timeout = 5
keepalive = 30
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # the heartbeat must not wait for a disk
control_socket_disable = True
loglevel = "warning"
logconfig_dict = {
    "formatters": {"generic": {"()": "config.logs.OneObject" if switch("LOG_JSON") else "config.logs.OneLine"}},
    "root": {"level": "WARNING", "handlers": ["error_console"]},
    "loggers": {"gunicorn.error": {"level": "WARNING", "handlers": ["error_console"], "propagate": False}},
}
proc_name = "querent-web"


def on_starting(server: Any) -> None:
    """Uploads that a killed process left half handed over; nothing that is under way is a day old."""
    from django.conf import settings  # noqa: PLC0415 - the application is not loaded yet when this file is read

    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > LEFTOVER_AGE_S:
                path.unlink()


def pre_fork(server: Any, worker: Any) -> None:
    """Keeps the garbage collector from touching, and so copying, what the processes share."""
    gc.collect()
    gc.freeze()
