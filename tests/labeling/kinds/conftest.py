"""Projects of every kind there is, and of one that a test brings along."""

import shutil
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template import engines
from rest_framework.test import APIClient

from labeling.kinds import KINDS, QuestionKind
from labeling.models import Member, Project, Role
from labeling.pages.annotate import ui_version
from labeling.pages.modules import modules_of
from labeling.services.imports import run_import, start_import
from labeling.services.projects.manage import create_project
from tests.labeling.kinds.guess import BAR, SCRIPT, Guess
from tests.labeling.kinds.samples import SAMPLES, Sample

API = "/api/v1/projects/sample"


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


@pytest.fixture
def guess(monkeypatch, settings, tmp_path) -> Guess:
    """The kind made by the recipe: a class in the registry, a template and a script."""
    kind = Guess()
    monkeypatch.setitem(KINDS, kind.name, kind)
    (tmp_path / "templates/kinds").mkdir(parents=True)
    (tmp_path / "templates" / kind.template).write_text(BAR)
    shutil.copytree(settings.BASE_DIR / "static/js", tmp_path / "static/js")
    (tmp_path / "static" / kind.script).write_text(SCRIPT)
    settings.TEMPLATES = [
        {**settings.TEMPLATES[0], "DIRS": [tmp_path / "templates", *settings.TEMPLATES[0]["DIRS"]]},
    ]
    settings.STATICFILES_DIRS = [tmp_path / "static", *settings.STATICFILES_DIRS]
    forget_files()
    yield kind
    forget_files()


def forget_files() -> None:
    finders.get_finder.cache_clear()
    finders.searched_locations.clear()
    engines.__dict__.pop("templates", None)
    engines._engines.clear()
    modules_of.cache_clear()
    ui_version.cache_clear()


@pytest.fixture(params=[*KINDS, "guess"])
def kind(request) -> QuestionKind:
    return request.getfixturevalue("guess") if request.param == "guess" else KINDS[request.param]


@dataclass
class Desk:
    """A project of the kind with its members, and what they do in it over REST."""

    kind: QuestionKind
    project: Project
    sample: Sample
    people: SimpleNamespace

    def client(self, role: str = "annotator") -> APIClient:
        made = APIClient()
        made.force_authenticate(getattr(self.people, role))
        return made

    def next(self, count: int = 1, role: str = "annotator") -> list[dict[str, Any]]:
        response = self.client(role).post(f"{API}/tasks/next/", {"count": count}, format="json")
        assert response.status_code == 200, response.content
        return response.json()

    def answer(self, task: dict[str, Any], answer: Any, role: str = "annotator") -> Any:
        return self.client(role).put(f"/api/v1/tasks/{task['id']}/answer/", {"answer": answer}, format="json")

    def answer_all(self, n: int, role: str = "annotator") -> int:
        """Truthful answers to up to ``n`` questions; how many there were."""
        given = 0
        while given < n and (tasks := self.next(10, role)):
            for task in tasks:
                assert self.answer(task, self.sample.truth(task), role).status_code == 201
                given += 1
        return given

    def bring_in(self) -> None:
        batch = start_import(self.people.manager, self.project, rows=self.sample.rows)
        run_import(batch.pk)
        batch.refresh_from_db()
        assert (batch.state, batch.rejected) == ("done", 0), list(batch.rejections.values())
        self.project.refresh_from_db()


def opened(kind, people, modality: str) -> Project:
    """A project of the kind's sample, with somebody in every role."""
    people.manager.is_superuser = True
    people.manager.save()
    project = create_project(
        people.manager, name="Sample", slug="sample", kind=kind.name, modality=modality,
        labels=list(SAMPLES[kind.name].labels), purpose="To see that it works.",
        settings={"eval_share": 0.3, "retrain_every": 5},
    )  # fmt: skip
    people.manager.is_superuser = False
    people.manager.save()
    Project.objects.filter(pk=project.pk).update(split_seed="a seed")
    project.refresh_from_db()
    for role in (Role.REVIEWER, Role.ANNOTATOR, Role.VIEWER):
        Member.objects.create(project=project, user=getattr(people, role.value), role=role)
    return project


@pytest.fixture
def desk(kind, people) -> Desk:
    return Desk(kind, opened(kind, people, "text"), SAMPLES[kind.name], people)
