"""Reads the deployment from the environment: where data lives, the secret key, database and broker addresses.

Whatever is malformed is an ImproperlyConfigured whose text names the variable; ``manage.py`` prints it as one line.
"""

import hashlib
import ipaddress
import os
import re
import secrets
import socket
import tempfile
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
SOCKET_PATH_LIMIT = 100  # bytes; the kernel's limit is 108, some systems stop at 104

env = environ.Env()


def whole_number(name: str, default: int, low: int = 0, high: int = 2**63 - 1) -> int:
    """The whole number in the environment variable ``name``. Raises ImproperlyConfigured outside ``low..high``."""
    given = env.str(name, default="").strip()
    try:
        number = int(given) if given else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {given!r}.") from None
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} must be between {low} and {high}, not {number}.")
    return number


def rate(name: str, default: str) -> tuple[int, float]:
    """``10/min`` as ``(10, 6.0)``: so many at once, then the seconds between two. Raises ImproperlyConfigured."""
    given = env.str(name, default="").strip() or default
    match = re.fullmatch(r"([1-9]\d{0,5})/(s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)", given)
    if not match:
        raise ImproperlyConfigured(f"{name} must be like 10/min (s, min, hour or day), not {given!r}.")
    number = int(match[1])
    return number, {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2][0]] / number


def hsts_reach(seconds: int) -> tuple[bool, bool]:
    """HSTS_SUBDOMAINS and HSTS_PRELOAD, both off when unset. Raises ImproperlyConfigured."""
    subdomains, preload = switch("HSTS_SUBDOMAINS"), switch("HSTS_PRELOAD")
    if preload and not (subdomains and seconds >= 60 * 60 * 24 * 365):
        raise ImproperlyConfigured(
            "HSTS_PRELOAD needs HTTPS=1, HSTS_SUBDOMAINS=1 and HSTS_SECONDS of at least 31536000."
        )
    return bool(subdomains and seconds), preload


def three_numbers(name: str, default: float, above: float = -1e9) -> tuple[float, float, float]:
    """One number, or three separated by commas (red, green, blue). Raises ImproperlyConfigured for anything else."""
    given = env.str(name, default="").strip()
    try:
        numbers = [float(part) for part in given.split(",")] if given else [default]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 3) or not all(above < number < 1e9 for number in numbers):
        raise ImproperlyConfigured(f"{name} must be one number or three separated by commas, not {given!r}.")
    red, green, blue = numbers * 3 if len(numbers) == 1 else numbers
    return red, green, blue


def picture_network() -> tuple[str, str]:
    """IMAGE_ENCODER_ONNX and IMAGE_ENCODER_SHA256, both or none: a file is only ever loaded by its hash."""
    path, sha256 = (env.str(name, default="").strip() for name in ("IMAGE_ENCODER_ONNX", "IMAGE_ENCODER_SHA256"))
    if not path:
        return "", ""
    if not Path(path).is_file():
        raise ImproperlyConfigured(f"IMAGE_ENCODER_ONNX {path!r} is not a file.")
    if not re.fullmatch(r"[0-9a-f]{64}", sha256.lower()):
        raise ImproperlyConfigured("IMAGE_ENCODER_SHA256 must be the SHA-256 of IMAGE_ENCODER_ONNX: 64 hex digits.")
    return path, sha256.lower()


def switch(name: str, *, default: bool = False) -> bool:
    """The on/off environment variable ``name``, ``default`` when unset. Raises ImproperlyConfigured otherwise."""
    given = env.str(name, default="").strip().lower()
    if not given:
        return default
    if given in ("0", "false", "no", "off"):
        return False
    if given in ("1", "true", "yes", "on"):
        return True
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {given!r}.")


def querent_home() -> Path:
    """The folder of everything that is data; created with mode 0700 on first use."""
    home = Path(env.str("QUERENT_HOME", default="") or BASE_DIR / "var").expanduser().resolve()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"QUERENT_HOME {home} cannot be used: {error.strerror}.") from None
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"QUERENT_HOME {home} cannot be used: it is not writable.")
    return home


def spool_folder(home: Path) -> Path:
    """Where bodies are kept until they are whole: on the disk of the files, so that an upload is moved, not copied."""
    folder = home / "spool"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def secret_key(home: Path) -> str:
    """SECRET_KEY from the environment, else one generated once and kept in ``home/secret_key`` (mode 0600)."""
    if given := os.environ.get("SECRET_KEY"):  # as it is: django-environ would look up what begins with a $
        return given
    path = home / "secret_key"
    if not path.exists():
        aside = home / f".secret_key.{os.getpid()}"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(aside, path)  # whole or not at all, and never over the key of a process that was faster
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text().strip()


def listen_host() -> str:
    return str(env.str("HOST", default="") or "127.0.0.1")


def listen_port() -> int:
    return whole_number("PORT", 8000, low=1, high=65535)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def allowed_hosts() -> list[str]:
    """ALLOWED_HOSTS; without it loopback names, and what HOST says when it is not loopback."""
    given = [name.strip() for name in env.list("ALLOWED_HOSTS", default=[]) if name.strip()]
    if given:
        return given
    host = listen_host()
    names = ["localhost", "127.0.0.1", "[::1]"]
    if is_loopback(host):
        return names
    everywhere = host in ("0.0.0.0", "::")
    return [*names, socket.gethostname() if everywhere else f"[{host}]" if ":" in host else host]


def databases(home: Path) -> dict[str, dict[str, Any]]:
    """DATABASES from DATABASE_URL; without it SQLite in WAL mode, writes IMMEDIATE (DESIGN, section 5)."""
    url = env.str("DATABASE_URL", default="")
    if url and not url.startswith("sqlite"):
        config: dict[str, Any] = {**env.db_url_config(url)}
        if config.get("ENGINE") != "django.db.backends.postgresql":
            raise ImproperlyConfigured("DATABASE_URL must begin with postgres:// or sqlite:///.")
        config["CONN_MAX_AGE"] = whole_number("CONN_MAX_AGE_S", 600)
        config["CONN_HEALTH_CHECKS"] = True
        config["OPTIONS"] = {"connect_timeout": 5, **config.get("OPTIONS", {})}
        return {"default": config}
    name = url.removeprefix("sqlite:///") if url else str(home / "querent.sqlite3")
    return {
        "default": {
            "ENGINE": "config.sqlite",
            "NAME": name,
            "CONN_MAX_AGE": None,
            "TEST": {"NAME": str(home / "test.sqlite3")},  # a file: concurrency tests open many connections
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                " PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384;"
                # as many pages as one part of the log's index holds: an import writes the same leaves of indexes again
                # and again, and each checkpoint writes them once more
                " PRAGMA wal_autocheckpoint=4000;",
            },
        }
    }


def redis_socket(home: Path) -> Path:
    """Where the embedded Redis listens."""
    return _socket_in(home, "redis", "redis.sock")


def predictor_address(home: Path) -> str:
    """PREDICTOR_ADDRESS (host:port, or unix:/path), else the Unix socket on which ``up`` starts the predictor. Raises
    ImproperlyConfigured."""
    given = str(env.str("PREDICTOR_ADDRESS", default="")).strip()
    if not given:
        return f"unix:{_socket_in(home, 'predictor', 'predictor.sock')}"
    if not re.fullmatch(r"unix:/.+|(\[[0-9a-fA-F:]+\]|[^\s:/]+):[1-9]\d{0,4}", given):
        raise ImproperlyConfigured(f"PREDICTOR_ADDRESS must be host:port or unix:/path, not {given!r}.")
    return given


def _socket_in(home: Path, folder: str, name: str) -> Path:
    """In a short folder of our own when ``home`` is too long for a socket address."""
    path = home / folder / name
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"querent-{os.getuid()}-{digest}" / name


def broker_url(home: Path) -> str:
    """REDIS_URL, else the Unix socket on which ``manage.py up`` starts the embedded Redis."""
    return env.str("REDIS_URL", default="") or f"redis+socket://{redis_socket(home)}"
