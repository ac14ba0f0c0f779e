"""Creating, changing and deleting projects through the services."""

import math

import pytest
from django.contrib.auth.models import Permission as AuthPermission
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling import signals
from labeling.models import Annotation, Item, Label, Member, Progress, Project, Role, Task
from labeling.services.projects import deletion
from labeling.services.projects import manage as projects
from labeling.services.validation.errors import Invalid
from tests.factories import UserFactory, make_answer, make_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(people):
    return people.superuser


def create(user, **fields):
    return projects.create_project(user, **{"name": "SMS spam", "kind": "classification", "modality": "text", **fields})


def test_the_creator_becomes_manager_and_the_slug_is_derived_and_unique(root):
    first, second = create(root), create(root)
    assert (first.slug, second.slug) == ("sms-spam", "sms-spam-2")
    assert Member.objects.get(project=first).role == Role.MANAGER
    assert Progress.objects.filter(project=first).exists()
    assert create(root, name="日本").slug == "project"


def test_creating_needs_the_permission(people):
    with pytest.raises(PermissionDenied):
        create(people.stranger)
    people.stranger.user_permissions.add(AuthPermission.objects.get(codename="add_project"))
    allowed = type(people.stranger).objects.get(pk=people.stranger.pk)
    assert create(allowed).pk


def test_hotkeys_are_the_digits_then_letters(root):
    project = create(root, labels=[{"name": f"label {n:02}"} for n in range(20)])
    keys = [label.hotkey for label in project.labels.all()]
    assert keys[:9] == list("123456789")
    assert keys[9] == "a"
    assert len(set(keys)) == 20
    assert all(keys)


def test_labels_that_are_found_by_typing_get_no_hotkeys_which_no_page_would_hear(root):
    project = create(root, labels=[{"name": f"label {n:02}"} for n in range(77)])
    assert {label.hotkey for label in project.labels.all()} == {""}
    projects.set_labels(project, [f"label {n:02}" for n in range(3)])
    assert [label.hotkey for label in project.labels.in_use()] == ["1", "2", "3"]


def test_a_thousand_labels_are_stored_in_a_few_statements(root, people):
    names = [{"name": f"label {n:04}"} for n in range(1000)]
    with CaptureQueriesContext(connection) as made:
        project = create(root, labels=names)
    assert project.labels.count() == 1000
    (item,) = make_items(project, ["hello"])
    make_answer(item, people.annotator, {"label": "label 0007"})
    with CaptureQueriesContext(connection) as changed:
        projects.set_labels(project, [f"other {n:04}" for n in range(900)] + ["label 0001"])
    in_use = list(project.labels.in_use())
    assert len(in_use) == 901
    assert in_use[-1].name == "label 0001"
    assert list(project.labels.filter(archived=True).values_list("name", flat=True)) == ["label 0007"]
    assert len(made) <= 30
    assert len(changed) <= 30


def test_a_description_is_kept_when_the_label_comes_again_without_one(root):
    project = create(root, labels=[{"name": "ham", "description": "People."}, {"name": "spam"}])
    projects.set_labels(project, ["spam", {"name": "ham"}])
    assert project.labels.get(name="ham").description == "People."


def test_given_hotkeys_are_kept_and_the_others_go_around_them(root):
    project = create(root, labels=[{"name": "spam"}, {"name": "ham", "hotkey": "1"}, "other"])
    assert dict(project.labels.values_list("name", "hotkey")) == {"spam": "2", "ham": "1", "other": "3"}
    projects.set_labels(project, [{"name": "ham", "hotkey": "2"}, {"name": "spam", "hotkey": "1"}, {"name": "other"}])
    assert dict(project.labels.values_list("name", "hotkey")) == {"ham": "2", "spam": "1", "other": "3"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": 3}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"kind": "poem"}, "kind"),
        ({"modality": ["text"]}, "modality"),
        ({"slug": "No Spaces"}, "slug"),
        ({"labels": "ham"}, "labels"),
        ({"labels": [{"name": "a"}, {"name": "a"}]}, "labels"),
        ({"labels": [{"name": "a", "hotkey": "1"}, {"name": "b", "hotkey": "1"}]}, "labels"),
        ({"labels": [{"name": "a", "hotkey": "12"}]}, "labels"),
        ({"labels": [{"name": "a", "hotkey": "S"}, {"name": "b", "hotkey": "s"}]}, "labels"),
        ({"labels": [{"name": "a", "hotkey": "İ"}]}, "labels"),
        ({"labels": [{"name": "a", "hotkey": "?"}]}, "labels"),
        ({"labels": [{"name": "a", "hotkey": " "}]}, "labels"),
        ({"labels": [{"name": "a", "hotkey": "\t"}]}, "labels"),
        ({"labels": [{"name": "a", "hotkey": 7}]}, "labels"),
        ({"labels": [{"title": "a"}]}, "labels"),
        ({"labels": [7]}, "labels"),
        ({"kind": "multilabel", "labels": ["a|b"]}, "labels"),
        ({"settings": []}, "settings"),
        ({"settings": {"speed": 1}}, "settings.speed"),
        ({"settings": {"overlap": 0}}, "settings.overlap"),
        ({"settings": {"overlap": True}}, "settings.overlap"),
        ({"settings": {"overlap": 1.5}}, "settings.overlap"),
        ({"settings": {"overlap": 10**30}}, "settings.overlap"),
        ({"settings": {"eval_share": 0.6}}, "settings.eval_share"),
        ({"settings": {"random_share": math.nan}}, "settings.random_share"),
        ({"settings": {"lease_s": "soon"}}, "settings.lease_s"),
        ({"settings": {"strategy": ""}}, "settings.strategy"),
    ],
)
def test_what_does_not_fit_is_refused_naming_the_field(root, fields, field):
    with pytest.raises(Invalid) as refused:
        create(root, **fields)
    assert refused.value.field == field
    assert refused.value.reason
    assert not Project.objects.exists()


def test_a_taken_slug_is_refused(root, project):
    with pytest.raises(Invalid) as refused:
        create(root, slug=project.slug)
    assert refused.value.field == "slug"


def test_a_label_in_use_is_archived_and_an_unused_one_deleted(project, people):
    (item,) = make_items(project, ["hello"])
    make_answer(item, people.annotator, {"label": "spam"})
    kept = projects.set_labels(project, [{"name": "other"}])
    assert [label.name for label in kept] == ["other"]
    assert list(Label.objects.filter(project=project, archived=True).values_list("name", flat=True)) == ["spam"]
    assert not Label.objects.filter(project=project, name="ham").exists()
    back = projects.set_labels(project, ["other", "spam"])
    assert [label.name for label in back] == ["other", "spam"]


def test_labels_changed_is_announced_on_commit_and_only_when_the_set_changed(
    project, django_capture_on_commit_callbacks
):
    heard = []

    def listen(sender, project_id, **_):
        heard.append(project_id)

    signals.labels_changed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            projects.set_labels(project, ["spam", "ham"])
        assert heard == []
        with django_capture_on_commit_callbacks(execute=True):
            projects.set_labels(project, ["spam", "ham", "other"])
        assert heard == [project.pk]
    finally:
        signals.labels_changed.disconnect(listen)
    project.refresh_from_db()
    assert project.labels_version == 1


def test_what_changes_what_is_learned_is_announced_on_commit_and_nothing_else(
    project, people, django_capture_on_commit_callbacks
):
    heard = []

    def listen(sender, project_id, **_):
        heard.append(project_id)

    signals.training_settings_changed.connect(listen)
    try:
        for settings, told in (
            ({"weight_import": 0.5}, True),
            ({"weight_import": 0.5, "lease_s": 60}, False),
            ({"machine_votes": "on"}, False),
            ({"consensus_by": "evidence"}, True),
            ({"machine_votes": "off"}, True),
        ):
            with django_capture_on_commit_callbacks(execute=True):
                projects.update_project(people.manager, project, settings=settings)
            assert (settings, bool(heard)) == (settings, told)
            heard.clear()
    finally:
        signals.training_settings_changed.disconnect(listen)


def test_instructions_get_a_new_version_only_for_a_new_text(project, people):
    first = projects.set_instructions(people.manager, project, "Look twice.")
    again = projects.set_instructions(people.manager, project, "Look twice. ")
    second = projects.set_instructions(people.manager, project, "Look once.")
    assert (first.number, again.number, second.number) == (1, 1, 2)
    project.refresh_from_db()
    assert project.instructions_version == 2


def test_kind_modality_and_slug_are_for_ever(project, people):
    for field, value in {"kind": "multilabel", "modality": "image", "slug": "x"}.items():
        with pytest.raises(Invalid) as refused:
            projects.update_project(people.manager, project, **{field: value})
        assert refused.value.field == field
    assert projects.update_project(people.manager, project, kind=project.kind, name="New").name == "New"


def test_a_higher_overlap_reopens_items_and_a_lower_one_never_goes_below_the_slots_taken(project, people):
    items = make_items(project, ["a", "b", "c"])
    make_answer(items[0], people.annotator, {"label": "ham"})
    counts = Progress.objects.get(project=project)
    assert (counts.pool_open, counts.pool_done) == (2, 1)
    projects.update_project(people.manager, project, settings={"overlap": 3})
    counts.refresh_from_db()
    assert (counts.pool_open, counts.pool_done, counts.reopened) == (3, 0, 3)
    make_answer(items[0], people.reviewer, {"label": "ham"})
    projects.update_project(people.manager, project, settings={"overlap": 1})
    counts.refresh_from_db()
    assert (counts.pool_open, counts.pool_done) == (2, 1)
    assert list(Item.objects.order_by("ordinal").values_list("annotations_required", "slots_taken", "is_open")) == [
        (2, 2, False), (1, 0, True), (1, 0, True),
    ]  # fmt: skip


def test_a_project_keeps_a_manager(project, people):
    with pytest.raises(Invalid):
        projects.set_member(project, people.manager, "viewer")
    with pytest.raises(Invalid):
        projects.remove_member(project, people.manager)
    projects.set_member(project, people.reviewer, "manager")
    projects.remove_member(project, people.manager)
    assert Member.objects.get(project=project, role=Role.MANAGER).user == people.reviewer


def test_a_removed_member_gives_back_open_tasks_and_returns_with_the_answers_counted(project, people):
    items = make_items(project, ["a", "b"])
    make_answer(items[0], people.annotator, {"label": "ham"})
    projects.remove_member(project, people.annotator)
    assert not Task.objects.filter(annotator=people.annotator).exclude(state="answered").overdue().exists()
    again = projects.set_member(project, people.annotator, "annotator")
    assert again.answers == 1


def test_deleting_removes_rows_and_announces_it(project, people, django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr(deletion, "DELETE_BATCH_ROWS", 2)
    items = make_items(project, ["a", "b", "c", "d", "e"])
    make_answer(items[0], people.annotator, {"label": "ham"})
    other = create(people.superuser, name="Other")
    heard = []

    def listen(sender, project_id, **_):
        heard.append(project_id)

    signals.project_deleted.connect(listen)
    pk = project.pk
    try:
        with django_capture_on_commit_callbacks(execute=True):
            deletion.delete_project(people.manager, project)
    finally:
        signals.project_deleted.disconnect(listen)
    assert heard == [pk]
    assert list(Project.objects.all()) == [other]
    assert not Item.objects.exists()
    assert not Annotation.objects.exists()
    assert UserFactory._meta.model.objects.filter(username="annotator").exists()
