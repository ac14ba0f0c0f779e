"""Two machines as the guide sets them up, line by line: a PostgreSQL, a Redis and a folder that they share."""

import subprocess
from pathlib import Path
from typing import Any

import psycopg2
from celery import Celery

from config.supervision.redis import redis_binary
from tests.ops.guide import blocks, with_values
from tests.ops.many_machines.machine import Machine
from tests.ops.running import until
from tests.outages.postgres import Postgres

STARTS_WITHIN_S = 120


class Site:
    """The machines, what they share, and a look into their database."""

    def __init__(self, folder: Path, short: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(short / "pg")
        redis = short / "redis.sock"
        command = [redis_binary(), "--port", "0", "--unixsocket", str(redis), "--dir", str(short), "--save", ""]
        self.redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(redis.exists, "Redis")
        self.broker = Celery(broker=f"redis+socket://{redis}", set_as_current=False)
        settings, self.prepare, commands = blocks("Many machines", "sh")
        self.commands = commands.strip().splitlines()
        self._settings = with_values(
            settings,
            {
                "postgres://querent:password@10.0.0.5:5432/querent": self.postgres.url,
                "redis://10.0.0.6:6379/0": f"redis+socket://{redis}",
                "/srv/querent/files": str(folder / "files"),
                "HOST=0.0.0.0": "HOST=127.0.0.1",
            },
        )
        self.machines = [self.new_machine(name) for name in ("one", "two")]

    def new_machine(self, name: str) -> Machine:
        return Machine(self.folder / name, self._settings)

    def close(self) -> None:
        for machine in self.machines:
            machine.stop()
        self.redis.terminate()
        self.redis.wait(20)
        self.postgres.server.cleanup()

    def all_up(self) -> None:
        """Starts what does not run, waits until pages are served and workers take jobs."""
        for machine in self.machines:
            machine.start(*self.commands)
        for machine in self.machines:
            until(machine.is_healthy, f"{machine.name} serves: {machine.log}", STARTS_WITHIN_S)
        workers = {f"celery@{machine.name}" for machine in self.machines}
        until(lambda: {name for pong in self.broker.control.ping() for name in pong} == workers, "workers", 120)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """By a connection for each: the database may have been restarted since the one before."""
        database = psycopg2.connect(self.postgres.uri)
        try:
            with database, database.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall()
        finally:
            database.close()

    def log(self) -> str:
        return "\n".join(f"{machine.name}:\n{machine.log.read_text()[-6000:]}" for machine in self.machines)
