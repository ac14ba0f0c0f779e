"""Makes rows for tests. Items go through ``make_items``, which keeps the counts of Progress true."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

import factory
from django.db.models import F
from django.utils import timezone

from labeling.models import Annotation, Item, Label, Member, Progress, Project, Role, Split, Task, TaskState, User


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        """Past the signals: people of a test leave nothing in the trail."""
        return User.objects.bulk_create([model_class(*args, **kwargs)])[0]

    username = factory.Sequence(lambda n: f"person{n}")
    password = factory.django.Password("correct horse battery")


class ProjectFactory(factory.django.DjangoModelFactory[Project]):
    class Meta:
        model = Project

    slug = factory.Sequence(lambda n: f"project-{n}")
    name = factory.Sequence(lambda n: f"Project {n}")
    kind = "classification"
    modality = "text"
    purpose = "Sort messages."
    split_seed = "seed"


def make_project(*, labels: tuple[str, ...] = ("ham", "spam"), manager: User | None = None, **fields: Any) -> Project:
    """A project with its labels and its progress row."""
    project = ProjectFactory(**fields)
    Progress.objects.create(project=project)
    Label.objects.bulk_create(
        Label(project=project, name=name, hotkey=str(n + 1) if n < 9 else "", position=n)
        for n, name in enumerate(labels)
    )
    if manager:
        Member.objects.create(project=project, user=manager, role=Role.MANAGER)
    return project


def make_items(project: Project, texts: list[str], split: Split = Split.POOL, **fields: Any) -> list[Item]:
    """Text items with a random-looking draw key, in ordinal order."""
    start = Progress.objects.get(project=project).next_ordinal
    items = []
    for ordinal, text in enumerate(texts, start):
        digest = hashlib.sha256(f"{project.pk}:{text}".encode()).hexdigest()
        items.append(
            Item(
                project=project, ordinal=ordinal, external_id=f"row-{ordinal}", content_hash=digest, text=text,
                split=split, draw_key=int(digest[:15], 16), annotations_required=project.overlap, **fields,
            )
        )  # fmt: skip
    made = Item.objects.bulk_create(items)
    counts = {f"{split}_items": F(f"{split}_items") + len(made), f"{split}_open": F(f"{split}_open") + len(made)}
    Progress.objects.filter(project=project).update(next_ordinal=F("next_ordinal") + len(made), **counts)
    return made


def make_answer(item: Item, annotator: User, answer: dict[str, Any], **task_fields: Any) -> Annotation:
    """A task that was put and answered, with the counts that services/answers would keep."""
    return make_answers([(item, annotator, answer)], **task_fields)[0]


def make_answers(said: Iterable[tuple[Item, User, dict[str, Any]]], **task_fields: Any) -> list[Annotation]:
    """As one after the other, of items of one project, by a tenth of the statements. The items are as they are then."""
    rows, now = list(said), timezone.now()
    if not rows:
        return []
    fields: dict[str, Any] = {"reason": "random", "pool_size": 10, "propensity": 0.1, "draw": 1, **task_fields}
    tasks = Task.objects.bulk_create(
        Task(
            project_id=item.project_id, item=item, annotator=annotator, state=TaskState.ANSWERED,
            lease_expires_at=now, **fields,
        )
        for item, annotator, _ in rows
    )  # fmt: skip
    made = Annotation.objects.bulk_create(
        Annotation(
            project_id=item.project_id, item=item, task=task, annotator=annotator, answer=answer, elapsed_ms=1200
        )
        for task, (item, annotator, answer) in zip(tasks, rows, strict=True)
    )  # fmt: skip
    project = rows[0][0].project_id
    stored = Item.objects.filter(project=project).in_bulk({item.pk for item, _, _ in rows})
    counts: Counter[str] = Counter(annotations=len(rows), draws=len(rows))
    for item, _, _ in rows:
        row = stored[item.pk]
        was_open, was_done = row.is_open, row.answers >= row.annotations_required
        row.slots_taken += 1
        row.answers += 1
        row.is_open = row.slots_taken < row.annotations_required
        counts[f"{row.split}_open"] += row.is_open - was_open
        counts[f"{row.split}_done"] += (row.answers >= row.annotations_required) - was_done
    Item.objects.bulk_update(stored.values(), ["slots_taken", "answers", "is_open"])
    for item, _, _ in rows:
        for field in Item._meta.concrete_fields:
            setattr(item, field.attname, getattr(stored[item.pk], field.attname))
    for annotator, n in Counter(annotator.pk for _, annotator, _ in rows).items():
        Member.objects.filter(project=project, user=annotator).update(answers=F("answers") + n)
    Progress.objects.filter(project=project).update(**{name: F(name) + n for name, n in counts.items()})
    return made
