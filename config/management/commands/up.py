"""``manage.py up``: web, worker, scheduler and Redis together."""

import errno
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config import preparation, roles
from config.environment import BASE_DIR, env, listen_host, listen_port, redis_socket, switch, whole_number
from config.management.commands.predictor import COMMAND
from config.preparation import CannotStart, FirstUser
from config.supervision import AlreadyRunning, Errand, GaveUp, Program, Supervisor, can_copy, lock_home, redis

PAGE_PATIENCE_S = 60.0
SERVES_TOO = "Another program listens there: stop it, or choose another with PORT=8001 make run."


class Command(BaseCommand):
    help = "Runs Querent on this machine: web server, worker, scheduler and, without REDIS_URL, a Redis of its own."
    requires_system_checks = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--no-samples", action="store_true", help="Leave out the sample projects on first start.")

    def handle(self, *args: Any, **options: Any) -> None:
        os.chdir(BASE_DIR)
        os.umask(0o077)
        try:
            lock = lock_home(settings.QUERENT_HOME)
            listener = listen(listen_host(), listen_port())
            with Supervisor(self.say) as supervisor:
                self.run(supervisor, lock, listener, samples=not (options["no_samples"] or switch("NO_SAMPLES")))
                self.say("Stopping")
        except (AlreadyRunning, CannotStart, GaveUp, redis.NoRedis) as error:
            raise CommandError(str(error)) from error
        self.say("Stopped")

    def run(self, supervisor: Supervisor, lock: int, listener: socket.socket, *, samples: bool) -> None:
        """Prepares, starts and tends the programs until somebody asks to stop."""
        embedded = not env.str("REDIS_URL", default="")
        if embedded:
            supervisor.start(redis.redis_program(settings.QUERENT_HOME, lock))
        # the first time beside the migrations, which take one core for seconds; before anything is connected
        static_in = None if preparation.collected_from() else Errand(partial(preparation.collect_static, self.say))
        preparation.reach_database()
        preparation.reach_files()
        preparation.migrate(self.say)
        if embedded:
            path = redis_socket(settings.QUERENT_HOME)
            supervisor.run_until(lambda: redis.answers(path), every_s=0.02, may_give_up=True)
        else:
            preparation.reach_broker()
        first = preparation.first_user(self.say, samples=samples)
        if static_in:
            wait_for(static_in, supervisor)
        preparation.collect_static(self.say)  # nothing is left to do where the errand did it
        if can_copy():
            roles.load_web()
        connections.close_all()
        # beside the web process, which takes as long to begin: ready means that there is something to label
        samples_in = Errand(preparation.import_samples) if first and samples else None
        web, *others = programs(lock, listener)
        answered = False
        try:
            supervisor.start(web)
            answered = wait_for_page(supervisor, listener)
            if not answered and not supervisor.stopping:
                self.say(f"The first page does not answer after {PAGE_PATIENCE_S:.0f} s: the lines above may say why")
            if samples_in:
                wait_for(samples_in, supervisor)
        finally:
            self.announce(listener, first, ready=answered)
        if can_copy() and not supervisor.stopping:
            roles.load_others()
        for program in others:  # after the first page, which a person is waiting for
            supervisor.start(program)
        supervisor.run_until(lambda: False, every_s=1.0)

    def announce(self, listener: socket.socket, first: FirstUser | None, *, ready: bool) -> None:
        """Prints where to go. The generated password is printed here and kept nowhere in clear."""
        lines = []
        if ready:
            lines += ["", "Querent is ready.", "", f"  Open       {address(listener)}"]
        if first:
            password = first.password or "(the one in QUERENT_ADMIN_PASSWORD)"
            lines += [f"  User       {first.username}", f"  Password   {password}", ""]
            if first.password:
                lines += [
                    "The password is shown only now and stored nowhere in clear. Forgotten: " + reset(first.username)
                ]
        elif ready:
            name = env.str("QUERENT_ADMIN_USERNAME", default="") or "admin"
            lines += [f"  User       {name}, or another you made", f"  Password   forgotten: {reset(name)}", ""]
        if ready:
            lines += [f"Data is in {settings.QUERENT_HOME}. Ctrl-C stops everything.", ""]
        self.say("\n".join(lines))

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def reset(username: str) -> str:
    return f"{os.path.relpath(sys.executable)} manage.py changepassword {username}"


def programs(lock: int, listener: socket.socket) -> list[Program]:
    """Web, worker, scheduler and predictor. Jobs survive the death of their worker, so an orphaned worker is killed at
    once."""
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1"}
    python = sys.executable
    concurrency = whole_number("WORKER_PROCESSES", 2, low=1, high=256)

    def apart(work: Callable[[], object]) -> None:
        listener.close()  # the web server's alone: nobody else would answer
        work()

    found = [
        Program(
            "web",
            [python, "-m", "gunicorn", *roles.GUNICORN],
            roles.web,
            {**environment, "QUERENT_LISTEN_FD": str(listener.fileno())},
            pass_fds=(lock, listener.fileno()),
        ),
        Program(
            "worker",
            [python, "-m", "celery", "--quiet", "-A", "config", "worker", "--concurrency", str(concurrency),
             *roles.WORKER_WORDS],
            partial(apart, partial(roles.worker, concurrency)),
            {**environment, "CELERY_SKIP_CHECKS": "1"},  # of Django: nothing has changed since this process started
            pass_fds=(lock,),
            orphan_signal=signal.SIGKILL,
        ),
        Program(
            "scheduler",
            [python, "manage.py", "scheduler"],
            partial(apart, roles.scheduler),
            environment,
            pass_fds=(lock,),
            orphan_signal=signal.SIGKILL,
        ),
    ]  # fmt: skip
    if not env.str("PREDICTOR_ADDRESS", default=""):  # else it runs elsewhere, by `manage.py predictor`
        found.append(predictor(lock, environment))
    return found


def predictor(lock: int, environment: dict[str, str]) -> Program:
    """Costs nothing until somebody asks for a prediction: its socket is here, who knocks starts it, and it ends after
    PREDICTOR_IDLE_S without a question. Raises CannotStart."""
    path = Path(settings.PREDICTOR_ADDRESS.removeprefix("unix:"))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        path.unlink(missing_ok=True)  # of an earlier `up`; this one has the lock of the home
        knocked_on = socket.socket(socket.AF_UNIX)
        knocked_on.bind(str(path))
        knocked_on.listen(64)
    except OSError as error:
        raise CannotStart(f"Cannot listen at {path}: {error.strerror}.") from error
    idle_s = str(whole_number("PREDICTOR_IDLE_S", 900))
    fd = knocked_on.fileno()
    return Program(
        "predictor", COMMAND, None, {**environment, "QUERENT_PREDICTOR_FD": str(fd), "PREDICTOR_IDLE_S": idle_s},
        pass_fds=(lock, fd), knocked_on=knocked_on,
    )  # fmt: skip


def listen(host: str, port: int) -> socket.socket:
    """The web server's socket, opened here so that requests wait in it while the web process is being restarted.

    Raises CannotStart when the port is taken or the address is not this machine's.
    """
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(place[:2], family=family, backlog=2048)
    except OSError as error:
        said = {
            errno.EADDRINUSE: f"Port {port} on {host} is busy. {SERVES_TOO}",
            errno.EACCES: f"Port {port} needs more rights: choose one above 1023 with PORT.",
        }
        raise CannotStart(said.get(error.errno or 0, f"Cannot listen on {host}:{port}: {error.strerror}.")) from error


def address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def wait_for_page(supervisor: Supervisor, listener: socket.socket) -> bool:
    """Tends the web process until the first page comes; False when asked to stop or after a while without one."""
    deadline = time.monotonic() + PAGE_PATIENCE_S
    answered: list[bool] = []

    def settled() -> bool:
        answered[:] = [page_answers(listener)]
        return answered[0] or time.monotonic() > deadline

    supervisor.run_until(settled, every_s=0.05, may_give_up=True)
    return answered == [True]


def wait_for(errand: Errand, supervisor: Supervisor) -> None:
    """Tends the programs until the errand is done; after a while it is left to the worker."""
    deadline = time.monotonic() + PAGE_PATIENCE_S
    supervisor.run_until(lambda: errand.is_done or time.monotonic() > deadline, every_s=0.05, may_give_up=True)
    errand.stop()


def page_answers(listener: socket.socket) -> bool:
    """Whether the first page comes, following the redirect to sign in."""
    host, port = listener.getsockname()[:2]
    name = next((name for name in settings.ALLOWED_HOSTS if "*" not in name and not name.startswith(".")), "localhost")
    path = "/"
    try:
        for _ in range(3):
            client = http.client.HTTPConnection({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port, timeout=2)
            client.request("GET", path, headers={"Host": name, "X-Forwarded-Proto": "https"})
            answer = client.getresponse()
            path = answer.getheader("Location", "")
            client.close()
            if answer.status < 300:
                return True
            if not path.startswith("/"):
                return 300 <= answer.status < 400
    except (OSError, http.client.HTTPException):
        return False
    return False
