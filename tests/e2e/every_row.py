"""Projects in which everything has happened once, and a row in every table that they leave empty."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import models
from django.utils import timezone

from labeling.models import ApiToken, Instructions, Item, Member, Project, Role, Split, User
from labeling.services.bulk import Selection, begin
from labeling.services.machines.manage import add_machine
from labeling.services.members.invitations import invite
from labeling.services.quality.known_answers import make_gold
from learning.models import ModelVersion, PredictionFeedback, ServedPrediction, ServedStatus, Status
from learning.models.served_prediction import first_id
from learning.services.maps import ask, draw
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from learning.services.similar.ask import ask_about_text
from learning.services.similar.search import run_search
from tests.factories import UserFactory, make_items, make_project
from tests.learning.pairwise.people import bring, honest, item_rows, judgments, make_pairwise_project
from tests.learning.people import answer_some, texts


def text_project(manager: User) -> Project:
    """Learned from, with a model and its card; somebody else is in it."""
    project = make_project(slug="sms", name="Messages", manager=manager)
    Instructions.objects.create(project=project, number=1, text="# Read\n\nA [link](https://example.org) in words.")
    Project.objects.filter(pk=project.pk).update(instructions_version=1)
    ben = UserFactory(username="ben")
    Member.objects.create(project=project, user=ben, role=Role.ANNOTATOR)
    every = texts(120)
    make_items(project, every[:90])
    make_items(project, every[90:], split=Split.EVAL)
    answer_some(project, ben, 45)
    answer_some(project, ben, 30, Split.EVAL)
    run_training(decide(project.pk).pk)
    draw.run_drawing(ask.ask(manager, project).pk)
    run_search(ask_about_text(manager, project, "free prize").pk)
    version = ModelVersion.objects.get(project=project)  # and another to compare it with
    version.pk, version.number, version.run, version.status = None, version.number + 1, None, Status.RETIRED
    version.save()
    ApiToken.issue(manager, "laptop")
    answered_programs(project, manager)
    first = Item.objects.filter(project=project, answers=1, split=Split.POOL).first()
    make_gold(manager, first, {"label": "ham"}, "As the instructions say.")
    begin(manager, project, "select", Selection((first.pk,)))
    add_machine(manager, project, name="Keywords", version="1")
    invite(manager, project, Role.ANNOTATOR)
    return project


def answered_programs(project: Project, manager: User) -> None:
    """One prediction of each status, of an item's content; one of them was judged."""
    item, version, now = project.items.first(), ModelVersion.objects.filter(project=project).first(), timezone.now()
    assert item is not None
    assert version is not None
    said = {"project": project, "model_version": version, "asked_by": manager, "content_hash": item.content_hash}
    for number, status in enumerate(ServedStatus.values, first_id()):
        answer = {"answer": {"label": "ham"} if status != ServedStatus.OUTLIER else {}, "band": "low", "sure": 0.5}
        ServedPrediction.objects.create(id=number, status=status, created_at=now, **said, **answer)
    told = {"project": project, "prediction": number, "content_hash": item.content_hash}
    PredictionFeedback.objects.create(**told, caller="user:1", form="right", positive=False)


def pair_project(manager: User) -> Project:
    """Ranked once."""
    project = make_pairwise_project(manager)
    bring(project, manager, item_rows() + judgments(1, 60, {"ann": honest, "bob": honest}))
    run_training(decide(project.pk).pk)
    return project


def fill_every_table() -> None:
    """A row in every table of the console that has none; what it says is of no matter."""
    for model in shown_models():
        if not model._default_manager.exists():
            model._default_manager.bulk_create([model(**_values(model))])


def shown_models() -> list[type[models.Model]]:
    """The tables that the console shows."""
    every = (model for app in ("labeling", "learning", "auth") for model in apps.get_app_config(app).get_models())
    return [model for model in every if admin.site.is_registered(model)]


#: Where a constraint asks for more than a value of the column's type, or a page reads it.
_SAID: dict[str, dict[str, Any]] = {
    "quarantine": {"imported_annotator": "bob"},
    "prediction": {"answer": {"label": "ham"}},
    "reviewdecision": {"verdict": "set_aside"},
    "facetblock": {"bits": b""},
    "wordblock": {"word": b"free", "bits": b""},
    "armcomparison": {
        "metric": "accuracy", "labels": 40, "difference": 0.05, "low": -0.02, "high": 0.12,
        "active": {"value": 0.9, "low": 0.8, "high": 0.95, "n": 30},
        "random": {"value": 0.85, "low": 0.7, "high": 0.92, "n": 30},
    },
}  # fmt: skip
#: What may be empty, though not in every row.
_OF_AN_ITEM = {"prediction"}


def _values(model: type[models.Model]) -> dict[str, Any]:
    given = {**_SAID.get(model._meta.model_name or "", {})}
    for field in model._meta.concrete_fields:
        if field.name == "item" and model._meta.model_name in _OF_AN_ITEM:
            given["item"] = _value(field)
        is_optional = field.null or field.has_default() or field.db_default is not models.NOT_PROVIDED
        if field.name not in given and not is_optional and not isinstance(field, models.AutoField):
            given[field.name] = _value(field)
    return given


def _value(field: Any) -> Any:
    if field.is_relation:
        return field.related_model._default_manager.first()
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    if isinstance(field, models.CharField | models.TextField):
        return "x"
    return {} if isinstance(field, models.JSONField) else 1
