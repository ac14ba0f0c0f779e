"""Simulated people and their answers, as many as a page of people has to show, written in bulk."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from django.db.models import Count
from django.utils import timezone

from labeling.models import Annotation, Item, KnownAnswer, Member, Project, Task, TaskState, User
from tests.factories import make_items

WEEKS = 12


def answered_by(
    project: Project, names: Sequence[str], said: np.ndarray, *, seed: int = 0
) -> tuple[list[User], list[Item]]:
    """Members and items of the answers ``said`` (people, items), numbers of the project's labels, -1 for none; over
    twelve weeks, in the order of the items."""
    rng, now = np.random.default_rng(seed), timezone.now()
    labels = list(project.labels.in_use().all_keys())
    users = User.objects.bulk_create(User(username=name) for name in names)
    Member.objects.bulk_create(Member(project=project, user=user, role="annotator") for user in users)
    items = make_items(project, [f"text {n}" for n in range(said.shape[1])])
    rows = [(person, item) for item in range(len(items)) for person in range(len(users)) if said[person, item] >= 0]
    Item.objects.filter(project=project).update(annotations_required=len(names))
    tasks = Task.objects.bulk_create(
        Task(
            project=project, item=items[item], annotator=users[person], state=TaskState.ANSWERED, reason="random",
            lease_expires_at=now,
        )
        for person, item in rows
    )  # fmt: skip
    Annotation.objects.bulk_create(
        Annotation(
            project=project, item=items[item], task=task, annotator=users[person],
            answer={"label": labels[said[person, item]]}, elapsed_ms=int(rng.lognormal(8.0, 0.5)),
            created_at=now - timedelta(weeks=WEEKS * (1 - (item + 1) / len(items))),
        )
        for task, (person, item) in zip(tasks, rows, strict=True)
    )  # fmt: skip
    for row in Annotation.objects.filter(project=project).values("annotator").annotate(n=Count("pk")):
        Member.objects.filter(project=project, user=row["annotator"]).update(answers=row["n"])
    return users, items


def with_gold(project: Project, items: Sequence[Item], truth: np.ndarray, known: Sequence[int]) -> None:
    labels = list(project.labels.in_use().all_keys())
    KnownAnswer.objects.bulk_create(
        KnownAnswer(project=project, item=items[n], answer={"label": labels[truth[n]]}, origin="import") for n in known
    )


def liars_among(n_honest: int, n_liars: int, n_items: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What everybody says, liars last: right but for one shared lie about the first fifth; and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n_items)
    said = np.where(rng.random((n_honest + n_liars, n_items)) < 0.7, truth, 1 - truth)
    said[n_honest:] = np.where(np.arange(n_items) < n_items // 5, 1 - truth, truth)
    return said, truth
