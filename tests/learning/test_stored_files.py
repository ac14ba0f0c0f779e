"""Every file that a run stores: named by a row, so that a backup takes it along, and gone with its project."""

import os
import time
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from labeling.models import ProjectDeletion, Split
from labeling.selectors.stored_files import named_files
from labeling.services.files import storage
from labeling.services.housekeeping import run_housekeeping, start_housekeeping
from labeling.services.projects import deletion
from learning.families.labels import eval_answers
from learning.models import ModelVersion
from learning.services import files
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.learning.people import answer_some, make_text_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(people):
    """It has learned once; every folder of learning has a file."""
    project = make_text_project(people.manager, slug="learned")
    answer_some(project, people.annotator, 45)
    answer_some(project, people.annotator, 30, Split.EVAL)
    run_training(decide(project.pk).pk)
    assert {name.split("/")[2] for name in stored()} == {"encoders", "evaluations", "features", "golden", "models"}
    return project


def stored() -> set[str]:
    root = Path(default_storage.location)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def age_all() -> None:
    then = time.time() - 2 * 86_400
    for name in stored():
        os.utime(storage.local_path(name), (then, then))


def keep_house() -> None:
    run_housekeeping(start_housekeeping().pk)


def test_a_row_names_every_file_a_run_has_stored(project):
    named = {file.name: file for file in named_files()}
    assert stored() == set(named)
    for name, file in named.items():
        files.check(name, file.sha256)
        assert file.project_id == project.pk
    assert set(named) == {file.name for file in named_files(projects=[project.pk])}
    assert list(named_files(projects=[project.pk + 1])) == []


def test_housekeeping_leaves_every_file_a_run_has_stored_however_old(project):
    before = stored()
    age_all()
    keep_house()
    assert stored() == before
    assert eval_answers.load(ModelVersion.objects.get()) is not None


def test_the_files_of_a_deleted_project_are_gone_whether_or_not_learning_hears_of_it(project, people):
    """Nobody takes ``learning.remove_files`` here: the deletion's own record does without it."""
    deletion.delete_project(people.manager, project)
    deletion.run_deletion(ProjectDeletion.objects.get().pk)
    assert stored() == set()


def test_files_that_a_run_stored_after_its_project_was_deleted_go_with_the_next_housekeeping(project, people):
    late = {name: storage.get(name) for name in stored()}
    deletion.delete_project(people.manager, project)
    deletion.run_deletion(ProjectDeletion.objects.get().pk)
    for name, data in late.items():
        storage.put(name, data)
    keep_house()
    assert stored() == set(late), "somebody may still be at it"
    age_all()
    keep_house()
    assert stored() == set()
