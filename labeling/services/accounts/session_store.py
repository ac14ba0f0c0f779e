"""Sessions in the database, asked only for keys that one can have: a cookie says whatever it likes."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """A key with a NUL, which quoted cookies can hold, is an error of PostgreSQL, not a session that is not there."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(super()._validate_session_key(key)) and key is not None and key.isascii() and key.isalnum()
