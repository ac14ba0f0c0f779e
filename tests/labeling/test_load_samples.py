"""``manage.py load_samples``: real data, once."""

import csv
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from labeling.models import ImportBatch, Item, Member, Project, Role, User
from labeling.services.imports import run_import, start_import
from labeling.services.serving.next_tasks import next_tasks

SAMPLES = Path(settings.BASE_DIR) / "samples"


@pytest.fixture
def ada(db) -> User:
    return User.objects.create_superuser("ada")


def test_samples_are_imported_whole(ada):
    call_command("load_samples", user="ada", now=True, verbosity=0)
    labeled = {"sample-photos", "sample-texts", "sample-table"}
    assert set(Project.objects.values_list("slug", flat=True)) == labeled | {"sample-arguments"}
    for project in Project.objects.filter(slug__in=labeled):
        folder = SAMPLES / project.slug.removeprefix("sample-")
        with (folder / "true-labels.csv").open() as file:
            truth = {row["id"]: row["label"] for row in csv.DictReader(file)}
        batch = ImportBatch.objects.get(project=project)
        assert (batch.state, batch.rejected) == ("done", 0)
        assert batch.accepted + batch.duplicates == len(truth)
        assert set(truth.values()) == set(project.labels.values_list("name", flat=True))
        assert Member.objects.get(project=project, user=ada).role == Role.MANAGER
        assert not project.annotations.exists(), "true labels are not answers"


def test_the_sample_of_pairs_asks_and_takes_its_judgments(ada):
    call_command("load_samples", user="ada", now=True, verbosity=0)
    project = Project.objects.get(slug="sample-arguments")
    assert project.purpose
    assert [context.items for context in project.contexts.order_by("ordinal")] == [34, 35, 31, 25]
    assert len(next_tasks(ada, project, 5)) == 5
    with (SAMPLES / "arguments" / "judgments.csv").open("rb") as file:
        batch = start_import(ada, project, file=file, file_name="judgments.csv")
    run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.rejected) == ("done", 0)
    assert batch.accepted > 9000


def test_samples_are_loaded_once(ada):
    call_command("load_samples", user="ada", verbosity=0)
    before = (Project.objects.count(), ImportBatch.objects.count(), Item.objects.count())
    call_command("load_samples", user="ada", verbosity=0)
    assert (Project.objects.count(), ImportBatch.objects.count(), Item.objects.count()) == before


def test_samples_need_a_user(db):
    with pytest.raises(CommandError, match="no user nobody"):
        call_command("load_samples", user="nobody")


def test_samples_are_small_and_attributed():
    size = sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file())
    assert size < 4 * 1024 * 1024
    attribution = (SAMPLES / "ATTRIBUTION.md").read_text()
    for folder in SAMPLES.glob("*/project.json"):
        assert f"| `{folder.parent.name}` |" in attribution
