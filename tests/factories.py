"""Makes rows for tests. Items go through ``make_items``, which keeps the counts of Progress true."""

import hashlib
from typing import Any

import factory
from django.db.models import F

from labeling.models import Item, Label, Member, Progress, Project, Role, Split, User


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

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
                project=project, ordinal=ordinal, external_id=f"row-{ordinal}", content_hash=digest, text=text, split=split,
                draw_key=int(digest[:15], 16), slots_total=project.overlap, **fields,
            )
        )  # fmt: skip
    made = Item.objects.bulk_create(items)
    counts = {f"{split}_items": F(f"{split}_items") + len(made), f"{split}_open": F(f"{split}_open") + len(made)}
    Progress.objects.filter(project=project).update(next_ordinal=F("next_ordinal") + len(made), **counts)
    return made
