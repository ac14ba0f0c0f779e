"""Builds the project that benchmarks/serving.py serves: ``--size N --people N``; prints its tokens as JSON.

Items go in by one statement of the database itself, so that a million rows take seconds; every tenth is eval.
"""

import argparse
import json
import os
import sys
import time
from string import Template

INSERT = """
INSERT INTO labeling_item (
    project_id, ordinal, external_id, content_hash, text, data, context, "group", origin, split, draw_key, created_at,
    status, slots_total, slots_taken, answers, is_open, set_aside_because
)
WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < $size)
SELECT
    $project, n, 'row-' || n, $hash,
    'Free entry in a weekly competition to win cup final tickets. Text to receive your question, terms apply. No ' || n,
    '{}', '', '', '', CASE WHEN n % 10 = 0 THEN 'eval' ELSE 'pool' END, $draw_key, CURRENT_TIMESTAMP,
    'active', 1, 0, 0, $true, ''
FROM counted
"""
DIALECTS = {
    "sqlite": {"hash": "printf('%064d', n)", "draw_key": "random() & 4611686018427387903", "true": "1"},
    "postgresql": {
        "hash": "lpad(n::text, 64, '0')", "draw_key": "(random() * 4611686018427387903)::bigint", "true": "true",
    },
}  # fmt: skip
HEAD = 2000


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--people", type=int, default=1)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    start = time.perf_counter()
    tokens = build(options.size, options.people)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as autovacuum does after an import
    print(json.dumps({"tokens": tokens, "built_s": round(time.perf_counter() - start, 1)}))
    return 0


def build(size: int, people: int) -> list[str]:
    """A text project with ``size`` items, a published queue of 2,000 and one token a person."""
    from django.db import connection

    from labeling.models import ApiToken, Item, Label, Member, Progress, Project, Role, User
    from labeling.services.queue import publish, reserve_epoch

    project = Project.objects.create(slug="bench", name="Bench", kind="classification", modality="text", split_seed="s")
    Label.objects.bulk_create(Label(project=project, name=name, position=n) for n, name in enumerate(("ham", "spam")))
    evals = (size + 9) // 10
    pool = size - evals
    with connection.cursor() as cursor:
        cursor.execute(Template(INSERT).substitute(DIALECTS[connection.vendor], project=project.pk, size=size))
    Progress.objects.create(
        project=project, next_ordinal=size, pool_items=pool, pool_open=pool, eval_items=evals, eval_open=evals
    )
    users = User.objects.bulk_create(User(username=f"bench-{n}", password="!") for n in range(people))
    Member.objects.bulk_create(Member(project=project, user=user, role=Role.ANNOTATOR) for user in users)
    head = Item.objects.filter(project=project, split="pool").order_by("ordinal").values_list("pk", flat=True)[:HEAD]
    entries = [(pk, 1.0 - rank / HEAD, 1 / HEAD) for rank, pk in enumerate(head)]
    publish(project.pk, reserve_epoch(project.pk), entries, "margin", 1, pool)
    return [ApiToken.issue(user, "bench")[1] for user in users]


if __name__ == "__main__":
    sys.exit(main())
