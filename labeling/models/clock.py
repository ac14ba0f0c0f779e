"""The database's clock: the only one by which machines compare times."""

from datetime import UTC, datetime

from django.db import connection
from django.db.models.functions import Now

__all__ = ["Now", "database_now"]

_SQL = {"postgresql": "SELECT STATEMENT_TIMESTAMP()", "sqlite": "SELECT STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')"}


def database_now() -> datetime:
    """The present as the database tells it; in a queryset write ``Now()`` instead, which costs no statement."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL[connection.vendor])
        told: datetime | str = cursor.fetchone()[0]
    return told if isinstance(told, datetime) else datetime.fromisoformat(told).replace(tzinfo=UTC)
