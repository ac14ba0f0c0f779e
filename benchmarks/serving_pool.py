"""Builds the project of benchmarks/serving.py: ``--size N --people N [--kind pairwise --overlap K]``; prints tokens.
``--known N`` of the items have an answer by somebody else, and ``--again SHARE`` publishes a queue with second opinions
about those nobody has given one of, as every run does.

Items go in by one statement of the database itself, so that a million rows take seconds; every tenth is eval.
"""

import argparse
import json
import os
import sys
import time
from itertools import pairwise
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labeling.models import Project

INSERT = """
INSERT INTO labeling_item (
    project_id, ordinal, external_id, content_hash, text, data, context, "group", origin, split, draw_key, created_at,
    status, annotations_required, slots_taken, answers, is_open, set_aside_because, in_context_id, place
)
WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < $size)
SELECT
    $project, n, 'row-' || n, $hash,
    'Free entry in a weekly competition to win cup final tickets. Text to receive your question, terms apply. No ' || n,
    '{}', '', '', '', CASE WHEN n % 10 = 0 THEN 'eval' ELSE 'pool' END, $draw_key, CURRENT_TIMESTAMP,
    'active', 1, 0, 0, $true, '', $context, $place
FROM counted
"""
DIALECTS = {
    "sqlite": {"hash": "printf('%064d', n)", "draw_key": "random() & 4611686018427387903", "true": "1"},
    "postgresql": {
        "hash": "lpad(n::text, 64, '0')", "draw_key": "(random() * 4611686018427387903)::bigint", "true": "true",
    },
}  # fmt: skip
HEAD = 2000
#: Items of a context of a pairwise project.
PER_CONTEXT = 10_000


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--people", type=int, default=1)
    parser.add_argument("--kind", choices=["classification", "pairwise"], default="classification")
    parser.add_argument("--overlap", type=int, default=1, help="Answers of a pair; items have one.")
    parser.add_argument("--known", type=int, default=0)
    parser.add_argument("--again", type=float, help="Publishes anew; builds nothing.")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    if options.again is not None:
        ask_again(options.again)
        return 0
    call_command("migrate", verbosity=0)
    start = time.perf_counter()
    tokens = build(options.size, options.people, options.kind, options.overlap)
    if options.known:
        answer(options.known)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as autovacuum does after an import
    print(json.dumps({"tokens": tokens, "built_s": round(time.perf_counter() - start, 1)}))
    return 0


def build(size: int, people: int, kind: str = "classification", overlap: int = 1) -> list[str]:
    """A text project with ``size`` items, a published queue of 2,000 and one token a person."""
    from django.db import connection

    from labeling.models import ApiToken, Item, Label, Member, Progress, Project, Role, User
    from labeling.services.queue.publish import publish, reserve_epoch

    fields = {"kind": kind, "modality": "text", "purpose": "Bench.", "overlap": overlap}
    project = Project.objects.create(slug="bench", name="Bench", split_seed="s", **fields)
    is_pairwise = kind == "pairwise"
    Label.objects.bulk_create(Label(project=project, name=name, position=n) for n, name in enumerate(("ham", "spam")))
    evals = (size + 9) // 10
    pool = size - evals
    with connection.cursor() as cursor:
        places = contexts(project, size) if is_pairwise else {"context": "NULL", "place": "NULL"}
        cursor.execute(
            Template(INSERT).substitute(DIALECTS[connection.vendor], project=project.pk, size=size, **places)
        )
    partnered = {"pool_partnered": pool, "eval_partnered": evals} if is_pairwise else {}
    Progress.objects.create(
        project=project, next_ordinal=size, pool_items=pool, pool_open=pool, eval_items=evals, eval_open=evals,
        **partnered,
    )  # fmt: skip
    users = User.objects.bulk_create(User(username=f"bench-{n}", password="!") for n in range(people))
    Member.objects.bulk_create(Member(project=project, user=user, role=Role.ANNOTATOR) for user in users)
    head = Item.objects.filter(project=project, split="pool").order_by("ordinal").values_list("pk", flat=True)[:HEAD]
    if is_pairwise:
        pairs = [(one, other, 1.0, 1 / HEAD) for one, other in pairwise(list(head))]
        publish(project.pk, reserve_epoch(project.pk), pairs, "information", 1, pool)
    else:
        entries = [(pk, 1.0 - rank / HEAD, 1 / HEAD) for rank, pk in enumerate(head)]
        publish(project.pk, reserve_epoch(project.pk), entries, "margin", 1, pool)
    return [ApiToken.issue(user, "bench")[1] for user in users]


def answer(known: int) -> None:
    """Somebody who is not among the clients has answered so many items behind the head of the queue."""
    from django.db.models import F
    from django.utils import timezone

    from labeling.models import Annotation, Item, Progress, Project, Task, TaskState, User

    project, now = Project.objects.get(slug="bench"), timezone.now()
    author = User.objects.create(username="author", password="!")
    items = list(Item.objects.filter(project=project, split="pool").order_by("-ordinal")[:known])
    tasks = Task.objects.bulk_create(
        Task(
            project=project,
            item=item,
            annotator=author,
            state=TaskState.ANSWERED,
            lease_expires_at=now,
            reason="random",
        )
        for item in items
    )
    Annotation.objects.bulk_create(
        Annotation(project=project, item=item, task=task, annotator=author, answer={"label": "ham"})
        for item, task in zip(items, tasks, strict=True)
    )
    Item.objects.filter(pk__in=[item.pk for item in items]).update(slots_taken=1, answers=1, is_open=False)
    moved = {"pool_open": F("pool_open") - known, "pool_done": F("pool_done") + known, "annotations": known}
    Progress.objects.filter(project=project).update(**moved)


def ask_again(share: float) -> None:
    """A new epoch: as many second opinions as it may have, and the head of what nobody has answered."""
    from labeling.models import Item, Project
    from labeling.services.queue.publish import publish, reserve_epoch
    from labeling.services.serving.sources.opinions import MOST_OPINIONS

    Project.objects.filter(slug="bench").update(second_opinions="auto" if share else "off")
    project = Project.objects.get(slug="bench")
    pool = Item.objects.filter(project=project, split="pool").order_by("ordinal")
    known = list(pool.filter(slots_taken=1, annotations_required=1, answers=1).order_by("-ordinal")[:MOST_OPINIONS])
    known = known if share else []
    fresh = list(pool.filter(slots_taken=0)[:HEAD])
    entries = [(item.pk, 0.5, 0.1) for item in known] + [(item.pk, 0.5, 1 / HEAD) for item in fresh]
    taken = [1] * len(known) + [0] * len(fresh)
    publish(
        project.pk, reserve_epoch(project.pk), entries, "margin", 1, len(fresh), taken, opinions=len(known),
        asks_again=share,
    )  # fmt: skip


def contexts(project: "Project", size: int) -> dict[str, str]:
    """Contexts for ``size`` items; where item ``n`` belongs, in SQL."""
    from labeling.models import Context

    per = min(size, PER_CONTEXT)
    made = Context.objects.bulk_create(
        Context(
            project=project, ordinal=number, text=f"Which message is more urgent? {number}", split="pool",
            content_hash=str(number), items=per, eval_active=(per + 9) // 10, pool_active=per - (per + 9) // 10,
        )
        for number in range(size // per)
    )  # fmt: skip
    return {"context": f"{made[0].pk} + n / {per}", "place": f"n % {per}"}


if __name__ == "__main__":
    sys.exit(main())
