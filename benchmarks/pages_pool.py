"""Makes the project of benchmarks/items_pool.py one to walk through, for benchmarks/pages.py: prints a session and what
its addresses name.

Whatever a page may count is there in the same shares at every size: the eight people have answered a tenth of the items
over thirty days, a tenth of these twice; a machine has predicted the same tenth; runs, snapshots and versions are few.
"""

import argparse
import json
import os
import sys
from string import Template
from typing import Any

DAYS = 30
#: Of whom every tenth item is, and of whom every hundredth is once more; ``$turn`` turns the people.
TASKS = """
INSERT INTO labeling_task (
    project_id, item_id, annotator_id, state, created_at, lease_expires_at, skip_reason, reason, strategy, propensity,
    pool_size, draw
)
SELECT project_id, id, $first_user + (ordinal / 10 + $turn) % 8, 'answered', $at, $at, '', 'random', '',
    1.0 / $size, $size, ordinal + 1
FROM labeling_item WHERE project_id = $project AND split = 'pool' AND ordinal % $every = 5 ORDER BY ordinal
"""
ANSWERS = """
INSERT INTO labeling_annotation (
    project_id, item_id, task_id, annotator_id, source, answer, revision, is_current, created_at, elapsed_ms,
    instructions_version, ui_version, viewport, imported_annotator
)
SELECT t.project_id, t.item_id, t.id, t.annotator_id, 'human',
    CASE WHEN (i.ordinal / 10 + $wrong) % 5 < 2 THEN '{"label": "spam"}' ELSE '{"label": "ham"}' END$json,
    1, $true, t.created_at, 900 + (i.ordinal * 37) % 2000, 0, '', '', ''
FROM labeling_task t JOIN labeling_item i ON i.id = t.item_id WHERE t.project_id = $project AND t.id > $after
ORDER BY t.id
"""
PREDICTIONS = """
INSERT INTO labeling_prediction (project_id, version_id, item_id, answer, probabilities, cost, created_at)
SELECT project_id, $version, id,
    CASE WHEN (ordinal / 10) % 4 < 2 THEN '{"label": "spam"}' ELSE '{"label": "ham"}' END$json,
    '{"ham": 0.4, "spam": 0.6}'$json, 0.01, CURRENT_TIMESTAMP
FROM labeling_item WHERE project_id = $project AND ordinal % 10 = 5
"""
TAKEN = """
UPDATE labeling_item SET slots_taken = slots_taken + 1, answers = answers + 1, annotations_required = $turn_number,
    is_open = $false
WHERE project_id = $project AND split = 'pool' AND ordinal % $every = 5
"""
AT = {
    "sqlite": "datetime('now', '-' || ($minutes - $minutes * ordinal / $size) || ' minutes')",
    "postgresql": "CURRENT_TIMESTAMP - ($minutes - $minutes * ordinal / $size) * interval '1 minute'",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", action="store_true", help="does what pages have asked of workers; makes nothing")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import connection

    from labeling.models import Project, User

    project = Project.objects.get(slug="bench")
    if options.work:
        work(project)
        return 0
    people_answered(project)
    manager = User.objects.get(username="manager")
    User.objects.filter(pk=manager.pk).update(is_superuser=True, is_staff=True)
    manager.refresh_from_db()
    told = named(project, manager)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    print(json.dumps(told))
    return 0


def work(project: Any) -> None:
    """As a worker would, but for the broker."""
    from labeling.models import AnswerCounts, StoredReport
    from labeling.services import item_index
    from labeling.services.reports import answer_counts
    from labeling.services.reports.stored import make_report

    for report in StoredReport.objects.filter(project=project, asked_at__isnull=False):
        make_report(project.pk, report.name, report.key)
    if AnswerCounts.objects.filter(project=project).exists():
        answer_counts.go_on(project.pk)
    item_index.go_on(project.pk)


def people_answered(project: Any) -> None:
    from django.db import connection
    from django.db.models import Count

    from labeling.models import Annotation, Item, Member, Progress, Task, User

    vendor, size = connection.vendor, Progress.objects.get(project=project).next_ordinal
    words = {"project": project.pk, "size": size, "json": "", "true": "1", "false": "0"}
    words |= {"json": "::jsonb", "true": "true", "false": "false"} if vendor == "postgresql" else {}
    words["first_user"] = User.objects.get(username="bench-0").pk
    words["at"] = Template(AT[vendor]).substitute(minutes=DAYS * 1440 - 1, size=size)
    with connection.cursor() as cursor:
        for number, every, turn, wrong in ((1, 10, 0, 0), (2, 100, 3, 1)):
            after = Task.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            for sql in (TASKS, ANSWERS, TAKEN):
                chosen = {"turn_number": number, "every": every, "turn": turn, "wrong": wrong, "after": after}
                cursor.execute(Template(sql).substitute(words, **chosen))
    pool = Item.objects.filter(project=project, split="pool", status="active")
    n_answers = Annotation.objects.filter(project=project, source="human").count()
    Progress.objects.filter(project=project).update(
        pool_open=pool.filter(is_open=True).count(), pool_done=pool.filter(answers__gt=0).count(),
        annotations=n_answers, draws=size, imported_annotations=Annotation.objects.filter(source="import").count(),
    )  # fmt: skip
    by_user = Annotation.objects.filter(project=project, source="human").order_by().values_list("annotator")
    for user, n in by_user.annotate(n=Count("pk")):
        Member.objects.filter(project=project, user=user).update(answers=n)


def named(project: Any, manager: Any) -> dict[str, Any]:
    """A session, and what stands in addresses by its name."""
    from string import Template

    from django.db import connection

    from benchmarks.items_pool import session_of
    from labeling.models import ImportBatch, Item, Machine, MachineVersion, Member, Snapshot, Task
    from learning.models import Alert, ModelVersion, PredictionCaller, Release, Run, SimilarSearch

    item = Item.objects.filter(project=project, ordinal=10).get()
    run = Run.objects.create(project=project, trigger="manual", state="done")
    models = [
        ModelVersion.objects.create(
            project=project, number=number, status=status, encoder="e", learner="logistic", trained_on=100, run=of,
            labels=["ham", "spam"], metrics={"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95, "n": 100}},
        )
        for number, status, of in ((1, "champion", run), (2, "candidate", None))
    ]  # fmt: skip
    machine = Machine.objects.create(project=project, name="judge")
    version = MachineVersion.objects.create(machine=machine, name="1")
    json_type = "::jsonb" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(Template(PREDICTIONS).substitute(project=project.pk, version=version.pk, json=json_type))
    Release.objects.create(
        project=project, number=1, candidate=models[1], champion=models[0], mode="shadow", share=0, promotes=False
    )
    batch = ImportBatch.objects.create(project=project, format="rows", path="", state="done")
    newest = project.annotations.order_by("-pk").values_list("pk", flat=True).first()
    # done, but for its file, which is no page: one that is under way answers 409 for the rest
    snapshot = Snapshot.objects.create(
        project=project, format="jsonl", rows="items", state="done", last_annotation_id=newest
    )
    search = SimilarSearch.objects.create(project=project, key="k", item=item, state="done", result=[])
    member = Member.objects.filter(project=project).exclude(user=manager).select_related("user").first()
    task = Task.objects.filter(project=project).first()
    alert = Alert.objects.create(project=project, kind="run_failed", message="m")
    caller = PredictionCaller.objects.create(project=project, caller="user:0")
    values = {
        "slug": "bench", "username": member and member.user.username, "number": 1, "pk": item.pk, "part": "item",
        "public_id": str(run.public_id), "import public_id": str(batch.public_id), "name": "judge",
        "imports public_id": str(batch.public_id), "snapshot public_id": str(snapshot.public_id),
        "similar public_id": str(search.public_id), "model pk": models[0].pk, "member pk": member and member.pk,
        "machine pk": machine.pk, "alert pk": alert.pk, "caller pk": caller.pk, "task pk": task and task.pk,
    }  # fmt: skip
    return {"session": session_of(manager), "values": values}


if __name__ == "__main__":
    sys.exit(main())
