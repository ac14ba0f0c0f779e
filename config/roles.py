"""The programs of one machine as functions, for ``up`` to run each in a copy of itself (decision 0128).

What all of them need is loaded once, by ``load``, and its pages are shared. The commands that start a role by itself
(gunicorn, celery, ``manage.py scheduler``) do the same in a process of their own.
"""

import gc
import sys
from importlib import import_module

from django.conf import settings
from django.core.management import call_command
from django.template.loader import get_template
from django.urls import reverse
from django.utils.module_loading import import_string

from config.celery import app as celery_app
from config.schedule import SCHEDULE

GUNICORN = ["-c", "python:config.gunicorn", "config.wsgi:application"]
FIRST_PAGE = "pages/account/sign_in.html"
WORKER_LEVEL = "warning"
WORKER_WORDS = [
    "--pool", "prefork", "--loglevel", WORKER_LEVEL, "--without-gossip", "--without-mingle", "--without-heartbeat",
]  # fmt: skip
#: Of web, worker and scheduler, beside the addresses: what needs no NumPy, whose threads no copy would have.
_LOADED = (
    "gunicorn.app.wsgiapp",
    "gunicorn.arbiter",
    "celery.apps.worker",
    "celery.worker.consumer",
    "celery.concurrency.prefork",
    "kombu.transport.redis",
    "config.serving.admission",
    "config.predict_shortcut",
)


def load() -> None:
    """Imports what the programs share; the collector will not touch it, which would copy it."""
    for name in (settings.ROOT_URLCONF, *_LOADED):
        import_module(name)
    for work in SCHEDULE:
        if work.call:
            import_string(work.call)
    reverse(settings.LOGIN_URL)  # lays out all addresses
    get_template(FIRST_PAGE)
    gc.collect()
    gc.freeze()


def web() -> None:
    from gunicorn.app.wsgiapp import run  # noqa: PLC0415 - loaded by ``load``

    sys.argv = ["gunicorn", *GUNICORN]
    run()


def worker(concurrency: int) -> None:
    """As ``celery -A config worker`` with ``WORKER_WORDS``, without its command line, which loads a shell's library."""
    program = celery_app.Worker(
        pool_cls="prefork", concurrency=concurrency, loglevel=WORKER_LEVEL, quiet=True, without_gossip=True,
        without_mingle=True, without_heartbeat=True,
    )  # fmt: skip
    program.start()
    sys.exit(program.exitcode)


def scheduler() -> None:
    call_command("scheduler")
