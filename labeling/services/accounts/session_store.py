"""Sessions in the database, asked only for keys that one can have: a cookie says whatever it likes."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """A key with a NUL, which quoted cookies can hold, is an error of PostgreSQL, not a session that is not there."""

    def _validate_session_key(self, key: str | None) -> bool:
        is_long_enough: bool = super()._validate_session_key(key)  # type: ignore[misc]  # not in Django's stubs
        return key is not None and is_long_enough and key.isascii() and key.isalnum()
