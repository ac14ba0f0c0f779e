"""Whether the database fits the code: by the names of migrations, without importing them."""

import pkgutil
from importlib import import_module

from django.apps import apps
from django.db import Error, connection, connections

OUR_APPS = ("labeling", "learning")
#: Squashed migrations that a later one took the place of. Databases and backups of their day name them; they say
#: nothing that the single ones, which are named as well, do not.
RETIRED = {("labeling", "0001_squashed_0035"), ("learning", "0001_squashed_0014")}


class NewerDatabase(Exception):
    """The database was made by a newer Querent; the text is one line that says what to do."""


def refuse_newer_database() -> None:
    """Raises NewerDatabase. A database that does not answer is for others to tell: it may come back."""
    try:
        words = newer_than_this_code(applied())
    except Error:
        return
    finally:
        connections.close_all()  # the processes that are forked from this one open their own
    if words:
        raise NewerDatabase(f"{words}. Install the newer version, or restore a backup made by this one.")


def applied() -> set[tuple[str, str]]:
    """(app, name) of every migration the database has, without those that are retired."""
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            return set()
        cursor.execute("SELECT app, name FROM django_migrations")
        return {(app, name) for app, name in cursor.fetchall()} - RETIRED


def known() -> set[tuple[str, str]]:
    """(app, name) of every migration of this code."""
    found = set()
    for app in apps.get_app_configs():
        try:
            package = import_module(f"{app.name}.migrations")
        except ModuleNotFoundError:
            continue
        names = (name for _, name, _ in pkgutil.iter_modules(package.__path__))
        found |= {(app.label, name) for name in names if name[0] not in "_~"}
    return found


def newer_than_this_code(applied: set[tuple[str, str]]) -> str:
    """What the database has and this code does not know, and up to where it does; empty when there is nothing."""
    ours = known()
    for app in OUR_APPS:
        unknown = sorted(name for of, name in applied - ours if of == app)
        if unknown:
            newest = max(name for of, name in ours if of == app)
            return f"The database is of a newer Querent: it has {app}.{unknown[-1]}, this code ends with {app}.{newest}"
    return ""
