"""Makes the project of benchmarks/serving_pool.py one to look through, for benchmarks/items.py: prints a session.

Every tenth item has an answer, every hundredth two that differ; items have one of 20 origins, one in 200 is set aside;
predictions are drawn, of a model that is right more often where it is sure. Then the index is made.
"""

import argparse
import json
import os
import sys
import time
from string import Template
from typing import Any

ANSWERS = """
INSERT INTO labeling_annotation (
    project_id, item_id, source, answer, revision, is_current, created_at, instructions_version, ui_version, viewport,
    imported_annotator
)
SELECT project_id, id, 'import',
    CASE WHEN (ordinal / 10) % 5 < $spam THEN '{"label": "spam"}' ELSE '{"label": "ham"}' END$json,
    1, $true, CURRENT_TIMESTAMP, 0, '', '', 'author-' || (ordinal / $every % 8 + $first)
FROM labeling_item WHERE project_id = $project AND ordinal % $every = 0
"""
ASIDE = """
UPDATE labeling_item SET status = 'set_aside', set_aside_because = 'broken', is_open = $false
WHERE project_id = $project AND ordinal % 200 = 7
"""
ORIGINS = "UPDATE labeling_item SET origin = 'shop ' || (ordinal % 20) WHERE project_id = $project"


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import connection
    from django.db.models import F

    from labeling.models import Item, Member, Progress, Project, Role, User
    from labeling.services.item_index import go_on

    project = Project.objects.get(slug="bench")
    is_postgres = connection.vendor == "postgresql"
    words = (
        {"json": "::jsonb", "true": "true", "false": "false"} if is_postgres else {"json": "", "true": 1, "false": 0}
    )
    with connection.cursor() as cursor:
        for sql, numbers in (
            (ORIGINS, {}),
            (ASIDE, {}),
            (ANSWERS, {"every": 10, "first": 0, "spam": 2}),
            (ANSWERS, {"every": 100, "first": 8, "spam": 0}),
        ):
            cursor.execute(Template(sql).substitute(words, project=project.pk, **numbers))
    aside = Item.objects.filter(project=project, status="set_aside").count()
    Progress.objects.filter(project=project).update(set_aside=aside, pool_open=F("pool_open") - aside)
    start = time.process_time()
    go_on(project.pk)
    indexed_s = time.process_time() - start
    start = time.process_time()
    predict(project)
    predicted_s = time.process_time() - start
    if is_postgres:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    manager = User.objects.create(username="manager")
    Member.objects.create(project=project, user=manager, role=Role.MANAGER)
    told = {"session": session_of(manager), "indexed_s": indexed_s, "predicted_s": predicted_s, "words_bytes": stored()}
    print(json.dumps(told))
    return 0


def stored() -> int:
    """Bytes of the words, with their indexes; SQLite needs the table of pages that most builds of it have."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size('labeling_wordblock')")
        else:
            cursor.execute("SELECT SUM(pgsize) FROM dbstat WHERE name LIKE '%labeling_wordblock%'")
        return int(cursor.fetchone()[0])


def predict(project: Any) -> None:
    """What a model of two labels would say, stored as a run stores it."""
    import numpy as np

    from labeling.models import Progress
    from labeling.services.item_index import store_predictions
    from learning.families.labels.item_predictions import SaidOfItems, stored

    n, rng = Progress.objects.get(project=project).next_ordinal, np.random.default_rng(1)
    sure = (rng.beta(4, 2, n) / 2 + 0.5) * 65_535
    spam = (np.arange(n) // 10) % 5 < 2
    said = np.where(rng.random(n) < sure / 65_535, spam, ~spam)
    found = SaidOfItems(sure.astype(np.uint16), said.astype(np.uint16), [(0,), (1,)])
    store_predictions(project.pk, stored(1, ["ham", "spam"], found))


def session_of(user: Any) -> str:
    """The key of a session in which somebody has signed in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.utils.module_loading import import_string

    session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


if __name__ == "__main__":
    sys.exit(main())
