"""What has to be true before the processes start. Each step does nothing, quickly, when there is nothing to do."""

import hashlib
import os
import secrets
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError as BrokerError

from config.celery import app as celery_app
from config.environment import env
from config.sqlite import fresh
from config.staticfiles import ServedFilesConfig
from config.versions import NewerDatabase, applied, known, refuse_newer_database

Say = Callable[[str], None]
PREPARATION_LOCK = 0x5175_6572  # any number that nothing else in the database locks
STAMP = ".collected"


class CannotStart(Exception):
    """The text is one line that says what to do about it."""


@dataclass(frozen=True)
class FirstUser:
    """The user made on first start; ``password`` is None when it came from the environment."""

    username: str
    password: str | None


def reach_database() -> None:
    """Raises CannotStart when the database does not answer."""
    try:
        connection.ensure_connection()
    except (DatabaseError, OSError) as error:
        place = settings.DATABASES["default"]
        where = ":".join(str(place[part]) for part in ("HOST", "PORT") if place.get(part)) or place["NAME"]
        reason = str(error).strip().splitlines()[-1].strip()
        raise CannotStart(f"The database at {where} does not answer: {reason} (DATABASE_URL)") from error


def reach_broker() -> None:
    """Raises CannotStart when the broker of REDIS_URL does not answer."""
    try:
        with celery_app.connection_for_write(connect_timeout=3) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0.1, timeout=3)
    except (BrokerError, OSError, ValueError, KeyError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CannotStart(f"The Redis of REDIS_URL does not answer: {reason}") from error


#: An object that stays: whether it is there says whether files are.
PROBE = "probe"


def reach_files() -> None:
    """Raises CannotStart when a file cannot be stored in an object store and read again. A folder makes itself."""
    from labeling.services.files.storage import get, local_path, put  # noqa: PLC0415  # only where models are loaded

    if local_path(PROBE) is not None:
        return
    try:
        put(PROBE, PROBE.encode())
        found = get(PROBE)
    except Exception as error:  # whatever an object store's library raises
        reason = (str(error).strip().splitlines() or [""])[0]
        raise CannotStart(f"FILE_STORAGE cannot store files: {type(error).__name__}: {reason}") from error
    if found != PROBE.encode():
        raise CannotStart("What is stored in FILE_STORAGE is not there afterwards.")


@contextmanager
def one_machine_at_a_time() -> Iterator[None]:
    """On PostgreSQL machines that prepare at the same time take turns: the second finds the first one's work done."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARATION_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [PREPARATION_LOCK])


def migrate(say: Say) -> None:
    """Applies what is missing. Raises CannotStart for a database of newer code."""
    try:
        refuse_newer_database()
    except NewerDatabase as newer:
        raise CannotStart(str(newer)) from newer
    if connection.vendor == "sqlite" and fresh.is_empty(connection):
        say("Preparing the database")
        fresh.lay_out()
    if known() <= applied():  # by their names: reading all migrations takes half a second of every start
        return
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        say(f"Preparing the database: {len(pending)} migrations")
        call_command("migrate", verbosity=0, interactive=False)
    else:
        executor.check_replacements()  # a home that has them one by one knows the squashed ones by name


def mark_of_sources() -> str:
    """Changes with every static file of this version, and with how they are stored."""
    seen = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list(ServedFilesConfig.ignore_patterns):
            facts = os.stat(storage.path(path))
            seen.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def collected_from() -> str:
    """The mark of the sources that ``collect_static`` last took on this machine; empty when it never did."""
    stamp = settings.STATIC_ROOT / STAMP
    return stamp.read_text() if stamp.exists() else ""


def collect_static(say: Say) -> None:
    """Collects, hashes and compresses the static files when one of them changed since the last time."""
    mark = mark_of_sources()
    if collected_from() == mark:
        return
    say("Preparing scripts and styles")
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    (settings.STATIC_ROOT / STAMP).write_text(mark)


def first_user(say: Say, *, samples: bool) -> FirstUser | None:
    """Makes the administrator and their sample projects in a database without users; None when there are some."""
    users = get_user_model().objects
    if users.exists():
        return None
    username = env.str("QUERENT_ADMIN_USERNAME", default="") or "admin"
    given = os.environ.get("QUERENT_ADMIN_PASSWORD", "")  # as it is, whatever characters it has
    password = given or readable_password()
    if given and (faults := _faults(username, given)):
        say(f"QUERENT_ADMIN_PASSWORD is weak, change it: {faults}")
    with transaction.atomic():  # all or nothing: the next start finds either no user or everything
        users.create_superuser(username=username, password=password)
        if samples:
            say("Loading the sample projects")
            call_command("load_samples", user=username, verbosity=0, play=True)
    return FirstUser(username, None if given else password)


def _faults(username: str, password: str) -> str:
    """Why nobody could choose this password on a page; the operator's word is taken all the same."""
    try:
        validate_password(password, get_user_model()(username=username))
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def import_samples() -> None:
    """Does the imports that ``first_user`` has started. One that is cut short is gone on with by the worker."""
    from labeling.models import ImportBatch  # noqa: PLC0415  # readers and pictures, needed at the first start only
    from labeling.services.imports import run_import  # noqa: PLC0415

    for pk in ImportBatch.objects.all().unfinished().order_by("pk").values_list("pk", flat=True):
        run_import(pk)


def readable_password() -> str:
    """Four groups of four letters and digits that cannot be taken for each other: 78 bits."""
    letters = "".join(set(string.ascii_lowercase + string.digits) - set("0o1li"))
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
