"""Workers to be killed: reads the id of an import a line and runs each in a process of its own.

``python -m tests.labeling.imports.worker <database> <files>``; answers each line with the pid, then with ``ended``.
Forking from a process that has Django loaded but no connection open saves two seconds a worker.
"""

import os
import sys


def main() -> None:
    database, files = sys.argv[1:]
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.STORAGES["default"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": files},
    }
    django.setup()
    from labeling.services.imports import run_import

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            run_import(int(line))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        os.waitpid(pid, 0)
        sys.stdout.write("ended\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
