"""How the predictor serves: ``gunicorn -c python:config.predictor.gunicorn config.predictor.wsgi:application``.

Under ``up`` it inherits its socket and is started when somebody knocks; elsewhere it listens at PREDICTOR_ADDRESS.
"""

import os
from pathlib import Path
from typing import Any

# before NumPy is loaded: the processes share the cores, one product does not
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from config.environment import predictor_address, querent_home, whole_number  # noqa: E402
from config.gunicorn import control_socket_disable as control_socket_disable  # noqa: E402
from config.gunicorn import logconfig_dict as logconfig_dict  # noqa: E402
from config.gunicorn import loglevel as loglevel  # noqa: E402
from config.gunicorn import pre_fork as pre_fork  # noqa: E402
from config.gunicorn import worker_tmp_dir as worker_tmp_dir  # noqa: E402

#: People who wait for a question go before programs.
NICE = 5

_inherited = os.environ.get("QUERENT_PREDICTOR_FD")
_address = predictor_address(querent_home())
if not _inherited and _address.startswith("unix:"):
    Path(_address.removeprefix("unix:")).parent.mkdir(mode=0o700, parents=True, exist_ok=True)

bind = f"fd://{_inherited}" if _inherited else _address
umask = 0o077
worker_class = "config.predictor.worker.PredictorWorker"
workers = whole_number("PREDICTOR_PROCESSES", 2, low=1, high=64)
preload_app = True  # NumPy, scikit-learn and ours are imported once and shared
timeout = 60  # a process that does not get on with a block of rows
graceful_timeout = 5
max_requests = 20_000  # whatever a library leaks is let go of
max_requests_jitter = 2_000
backlog = 64
proc_name = "querent-predictor"


def when_ready(server: Any) -> None:
    if _inherited:
        server.systemd = True  # the socket is who started us's: gunicorn would remove its file when it ends


def post_fork(server: Any, worker: Any) -> None:
    os.nice(NICE)
