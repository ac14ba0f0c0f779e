"""``python -m tests.upgrade.load_models``: which model versions of an installation load, as one JSON object."""

import json
import os
import sys


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from learning.models import ModelVersion
    from learning.services import files
    from learning.services.registry import model_files

    found: dict[str, str] = {}
    for version in ModelVersion.objects.all():
        try:
            model_files.load_model(version)
        except files.Corrupt as error:
            found[version.path] = str(error)
        else:
            found[version.path] = ""
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
