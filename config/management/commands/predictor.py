"""``manage.py predictor``: the processes that answer predictions, alone, as ``up`` runs them beside the others."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand

from config.environment import BASE_DIR


class Command(BaseCommand):
    help = "Answers predictions at PREDICTOR_ADDRESS, which the web processes are told too."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        os.chdir(BASE_DIR)
        os.execv(sys.executable, COMMAND)


COMMAND = [
    sys.executable, "-m", "gunicorn", "-c", "python:config.predictor.gunicorn", "config.predictor.wsgi:application",
]  # fmt: skip
