"""The programs of one machine as functions, for ``up`` to run each in a copy of itself (decision 0128).

What they need is loaded once, by ``load_web`` and ``load_others``, and its pages are shared. The commands that start a
role by itself (gunicorn, celery, ``manage.py scheduler``) do the same in a process of their own.
"""

import gc
import sys
from importlib import import_module

from django.conf import settings
from django.core.management import CommandError, call_command
from django.template.loader import get_template
from django.urls import reverse

from config.celery import app as celery_app
from config.schedule import SCHEDULE

GUNICORN = ["-c", "python:config.gunicorn", "config.wsgi:application"]
FIRST_PAGE = "pages/account/sign_in.html"
WORKER_LEVEL = "warning"
WORKER_WORDS = [
    "--pool", "prefork", "--loglevel", WORKER_LEVEL, "--without-gossip", "--without-mingle", "--without-heartbeat",
]  # fmt: skip
#: Of the web server, beside the addresses, and what the others need besides.
_OF_WEB = ("gunicorn.app.wsgiapp", "gunicorn.arbiter", "config.serving.admission", "config.predict_shortcut")
_OF_OTHERS = (
    "celery.apps.worker", "celery.worker.consumer", "celery.concurrency.prefork", "kombu.transport.redis",
    *sorted({work.call.rpartition(".")[0] for work in SCHEDULE if work.call}),
)  # fmt: skip


def load_web() -> None:
    """Imports what the programs share, before the first of them."""
    _load(settings.ROOT_URLCONF, *_OF_WEB)
    reverse(settings.LOGIN_URL)  # lays out all addresses
    get_template(FIRST_PAGE)
    gc.freeze()


def load_others() -> None:
    """What is not needed for the first page, which a person is waiting for."""
    _load(*_OF_OTHERS)
    gc.freeze()


def _load(*names: str) -> None:
    for name in names:
        import_module(name)
    gc.collect()  # and then frozen: the collector will not touch it again, which would copy it


def web() -> None:
    from gunicorn.app.wsgiapp import run  # noqa: PLC0415 - loaded by ``load_web``

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
    try:
        call_command("scheduler")
    except CommandError as error:
        sys.exit(str(error))
