"""The REST API against its own description, longer than the suite does: all phases of schemathesis on a real server.

``python -m benchmarks.schema_fuzz [examples]`` (default 30) counts findings; 0 is right. All checks are on. Calls with
a rule that no schema can say (``RULES``) may answer 400 with the field and the reason to what fits the schema.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

LIMIT_S = 900
LEFT_OUT = ("auth_token", "projects_delete")  # the first is limited by address, the second takes the rest with it
RULES = {
    "alerts_resolve": "it is open",
    "export": "rows of pairs are a pairwise project's",
    "imports_start": "the file is one of the format",
    "members_remove": "a manager stays",
    "members_set": "a manager stays, the user exists",
    "models_promote": "its file is whole",
    "models_rollback": "there is a champion to go back from",
    "projects_change": "the kind stays",
    "projects_create": "strategy, encoder and learner are registered ones",
    "quarantines_lift": "it is in force",
    "quarantines_set": "the person answered here",
    "scores": "the context is the project's",
    "snapshots_start": "rows of pairs are a pairwise project's",
    "tasks_answer": "the label is one of the project's",
}
ACCEPTED = """[[operations]]
include-operation-id = "{call}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", "400", "401", "403", "404", "409", "429", "507"]
"""
MAKE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("collectstatic", verbosity=0, interactive=False)
from labeling.models import User
from labeling.services.accounts.tokens import issue_token
from tests.api.everything import one_of_everything
from tests.factories import make_project
person = User.objects.create_superuser("fuzz", password="correct horse battery")
one_of_everything(make_project(slug="sms", manager=person), person)
print(issue_token(person, "fuzz")[1])
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("examples", nargs="?", type=int, default=30, help="a call and phase")
    examples = str(parser.parse_args().examples)
    with tempfile.TemporaryDirectory(prefix="querent-fuzz-") as home:
        port = str(free_port())
        env = {
            **os.environ, "QUERENT_HOME": home, "PORT": port, "HOST": "127.0.0.1", "DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }  # fmt: skip
        key = subprocess.run([sys.executable, "-c", MAKE], env=env, check=True, capture_output=True, text=True).stdout
        serve = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
        server = subprocess.Popen(serve, env=env, stderr=subprocess.DEVNULL)
        try:
            site = f"http://127.0.0.1:{port}"
            wait_for(f"{site}/healthz")
            config = Path(home) / "schemathesis.toml"
            config.write_text("".join(ACCEPTED.format(call=call) for call in RULES))
            skipped = [part for name in LEFT_OUT for part in ("--exclude-operation-id", name)]
            command = [
                sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{site}/api/v1/schema/",
                "-n", examples, *skipped, "-H", f"Authorization: Token {key.strip()}",
                "--continue-on-failure", "--no-color", "--seed", "1",
            ]  # fmt: skip
            return subprocess.run(command, timeout=LIMIT_S, check=False).returncode
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    sys.exit(main())
