"""What an installation holds, as one JSON object: ``python -m tests.ops.probe`` in the installation's environment."""

import hashlib
import json
import os
import sys


def _next_number(model) -> int:
    """The number the next row would get."""
    from django.db import transaction

    with transaction.atomic():
        made = model.objects.create(username="probe").pk
        transaction.set_rollback(True)
    return int(made)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from labeling.models import Annotation, ImportBatch, Item, Project, User
    from labeling.selectors.export import Filters
    from labeling.selectors.recount import differences
    from labeling.services.exports import export_file
    from learning.models import ModelVersion, Run
    from learning.services.registry import model_files

    loaded = [version for version in ModelVersion.objects.all() if model_files.load_model(version)]
    held = {
        "answers": {str(task): answer for task, answer in Annotation.objects.values_list("task_id", "answer")},
        "imports": list(ImportBatch.objects.order_by("pk").values_list("state", "accepted", "cursor", "error")),
        "runs": list(Run.objects.order_by("pk").values_list("state", "error")),
        "models": [version.sha256 for version in loaded],
        "encoders": [bool(model_files.encoder_of(version)) for version in loaded],
        "items": {project.slug: Item.objects.filter(project=project).count() for project in Project.objects.all()},
        "wrong_counts": [str(wrong) for project in Project.objects.all() for wrong in differences(project)],
        "exports": {},
    }
    for project in Project.objects.all():
        whole = b"".join(export_file(project, "jsonl", "annotations", Filters()))
        held["exports"][project.slug] = hashlib.sha256(whole).hexdigest()
    held["next_number"] = _next_number(User)
    json.dump(held, sys.stdout)


if __name__ == "__main__":
    main()
