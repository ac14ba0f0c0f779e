"""``manage.py backup``, standing still once the database is copied: ``python -m tests.ops.backup_held FOLDER MARKS``.

Makes ``MARKS/reached`` there and goes on when ``MARKS/released`` is made.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from config.backup import taking

    folder, marks = map(Path, sys.argv[1:])
    copy_files = taking._copy_files

    def held(*given: Any) -> None:
        (marks / "reached").touch()
        while not (marks / "released").exists():
            time.sleep(0.02)
        copy_files(*given)

    taking._copy_files = held
    call_command("backup", str(folder))


if __name__ == "__main__":
    main()
