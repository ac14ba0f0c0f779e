"""Reads the deployment from the environment: where data lives, the secret key, database and broker addresses."""

import os
import secrets
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()


def querent_home() -> Path:
    """The folder of everything that is data; created with mode 0700 on first use."""
    home = Path(env.str("QUERENT_HOME", default=str(BASE_DIR / "var"))).resolve()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def secret_key(home: Path) -> str:
    """SECRET_KEY from the environment, else one generated once and kept in ``home/secret_key`` (mode 0600)."""
    given = env.str("SECRET_KEY", default="")
    if given:
        return given
    path = home / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(64)
        file.write(key)
    return key


def databases(home: Path) -> dict[str, dict[str, Any]]:
    """DATABASES from DATABASE_URL; without it SQLite in WAL mode, writes IMMEDIATE (decision 0002)."""
    url = env.str("DATABASE_URL", default="")
    if url and not url.startswith("sqlite"):
        config: dict[str, Any] = {**env.db_url_config(url)}
        config["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE_S", default=600)
        config["CONN_HEALTH_CHECKS"] = True
        return {"default": config}
    name = url.removeprefix("sqlite:///") if url else str(home / "querent.sqlite3")
    return {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "CONN_MAX_AGE": None,
            "TEST": {"NAME": str(home / "test.sqlite3")},  # a file: concurrency tests open many connections
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                " PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456; PRAGMA cache_size=-65536;",
            },
        }
    }


def broker_url(home: Path) -> str:
    """REDIS_URL, else the Unix socket on which ``manage.py up`` starts the embedded Redis."""
    return env.str("REDIS_URL", default="") or f"redis+socket://{home / 'redis' / 'redis.sock'}"
