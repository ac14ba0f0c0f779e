"""Runs ``celery`` or ``manage.py`` as on another host: ``python -m tests.ops.elsewhere NAME celery -A config worker``.

Another name of the host needs root to be had from the kernel; here Python is told it, and so is every forked child.
"""

import os
import socket
import sys


def main() -> None:
    name, *sys.argv = sys.argv[1:]
    socket.gethostname = lambda: name
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[0] == "celery":
        from celery.__main__ import main as celery

        celery()
    else:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
