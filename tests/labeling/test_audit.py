"""The trail: every change leaves one row that says who, from where, what, before and after; rows stay as they are."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from labeling.models import AppendOnly, AuditEvent, Project, User
from labeling.services.audit import trail as audit
from labeling.services.audit.origin import ORIGIN, Origin
from labeling.services.audit.trail import NOT_KEPT, record
from labeling.services.exports.snapshots import start_snapshot
from labeling.services.imports import start_import
from labeling.services.items import status as items
from labeling.services.projects import manage as projects
from labeling.services.projects.deletion import delete_project
from labeling.services.quality import quarantine
from labeling.services.validation.errors import Invalid
from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db


def trail() -> list[tuple[str, str, object, object]]:
    """``(action, user, before, after)`` in the order of happening."""
    return list(AuditEvent.objects.order_by("pk").values_list("action", "user_name", "before", "after"))


@pytest.fixture
def origin():
    """As the middleware says it during a request."""
    token = ORIGIN.set(Origin(via="rest", address="203.0.113.7", request_id="r-1"))
    yield
    ORIGIN.reset(token)


def test_a_row_says_who_when_from_where_and_what(project, people, origin):
    record(
        "member.role", user=people.manager, project=project, subject="ann", before={"role": "a"}, after={"role": "b"}
    )
    (row,) = AuditEvent.objects.all()
    assert (row.user_number, row.user_name) == (people.manager.pk, "manager")
    assert (row.via, row.address, row.request_id) == ("rest", "203.0.113.7", "r-1")
    assert (row.project_number, row.project_slug, row.subject) == (project.pk, "sms", "ann")
    assert (row.before, row.after) == ({"role": "a"}, {"role": "b"})
    assert row.at.tzinfo is not None


def test_what_is_named_like_a_secret_is_never_stored(project, people):
    given = {
        "password": "hunter2", "nested": [{"secret_key": "hunter2"}], "key": "hunter2", "key_hash": "hunter2",
        "token": "hunter2", "name": "laptop",
    }  # fmt: skip
    record("token.made", user=people.manager, after=given)
    (row,) = AuditEvent.objects.all()
    assert "hunter2" not in str(row.after)
    assert row.after["name"] == "laptop"
    assert row.after["password"] == NOT_KEPT


def test_odd_values_are_stored_as_json_can_hold_them(project, people):
    odd = {"n": float("nan"), "nul\0": "a\0b\ud800", "long": "x" * 100_000, "many": list(range(5_000))}
    record("project.changed", user=None, subject="s\0" * 1_000, after=odd)
    (row,) = AuditEvent.objects.all()
    assert row.after["n"] == "nan"
    assert len(row.after["long"]) < 2_100
    assert len(row.after["many"]) == audit.MAX_ENTRIES


# append-only


def test_the_orm_refuses_to_change_or_delete_a_row(project, people):
    record("project.changed", user=people.manager, project=project)
    row = AuditEvent.objects.get()
    for change in (
        lambda: AuditEvent.objects.update(user_name="nobody"),
        lambda: AuditEvent.objects.all().delete(),
        lambda: AuditEvent.objects.bulk_update([row], ["user_name"]),
        lambda: AuditEvent.objects.update_or_create(pk=row.pk, defaults={"user_name": "nobody"}),
        lambda: AuditEvent.objects.all()._raw_delete("default"),
        row.save,
        row.delete,
    ):
        with pytest.raises(AppendOnly):
            change()


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "statement", ["UPDATE labeling_auditevent SET user_name = 'nobody'", "DELETE FROM labeling_auditevent"]
)
def test_the_database_refuses_what_goes_past_the_orm(project, people, statement):
    record("project.changed", user=people.manager, project=project)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEvent.objects.get().user_name == "manager"


def test_rows_outlive_their_project_and_their_user(project, people):
    projects.set_member(project, people.stranger, "viewer", by=people.manager)
    projects.remove_member(project, people.stranger, by=people.manager)
    number = project.pk
    delete_project(people.manager, project)
    people.stranger.delete()
    assert not Project.objects.filter(pk=number).exists()
    assert not User.objects.filter(username="stranger").exists()
    rows = AuditEvent.objects.filter(project_number=number).order_by("pk")
    assert [(row.action, row.subject) for row in rows][:2] == [
        ("member.added", "stranger"),
        ("member.removed", "stranger"),
    ]
    assert rows.last().action == "project.deleted"
    assert rows.last().project_slug == "sms"


# what is recorded


def test_members_leave_their_roles_in_the_trail(project, people):
    projects.set_member(project, people.stranger, "viewer", by=people.manager)
    projects.set_member(project, people.stranger, "reviewer", by=people.manager)
    projects.set_member(project, people.stranger, "reviewer", by=people.manager)  # nothing changed
    projects.remove_member(project, people.stranger, by=people.manager)
    assert trail() == [
        ("member.added", "manager", None, {"role": "viewer"}),
        ("member.role", "manager", {"role": "viewer"}, {"role": "reviewer"}),
        ("member.removed", "manager", {"role": "reviewer"}, None),
    ]


def test_settings_labels_and_instructions_are_recorded_as_what_differs(project, people):
    user = people.manager
    projects.update_project(user, project, settings={"overlap": 3, "lease_s": project.lease_s}, purpose="New.")
    projects.update_project(user, project, labels=["ham", "eggs"], instructions="Look twice.")
    projects.update_project(user, project, archived=True)
    projects.update_project(user, project, archived=True)
    projects.update_project(user, project, archived=False)
    assert trail() == [
        ("project.changed", "manager", {"overlap": 1, "purpose": "Sort messages."}, {"overlap": 3, "purpose": "New."}),
        ("project.labels", "manager", {"labels": ["ham", "spam"]}, {"labels": ["ham", "eggs"]}),
        ("project.instructions", "manager", {"version": 0, "characters": 0}, {"version": 1, "characters": 11}),
        ("project.archived", "manager", None, None),
        ("project.restored", "manager", None, None),
    ]


def test_making_a_project_is_recorded_without_its_seed(people):
    made = projects.create_project(
        people.superuser, name="New", kind="classification", modality="text", labels=["a", "b"]
    )
    (row,) = AuditEvent.objects.all()
    assert (row.action, row.project_number, row.after["labels"]) == ("project.created", made.pk, ["a", "b"])
    assert made.split_seed not in str(row.after)


def test_quarantine_set_aside_import_and_snapshot_are_recorded(project, people):
    item, *_ = make_items(project, ["a", "b"])
    make_answer(item, people.annotator, {"label": "ham"})
    made = quarantine.set_in_quarantine(people.manager, project, "annotator", "a coin")
    quarantine.lift(people.manager, made, "we talked")
    items.set_aside(people.reviewer, item)
    items.set_aside(people.reviewer, item)
    items.restore(people.reviewer, item)
    start_import(people.manager, project, rows=[{"text": "hello"}])
    start_snapshot(people.reviewer, project)
    assert [(action, user) for action, user, _, _ in trail()] == [
        ("quarantine.set", "manager"),
        ("quarantine.lifted", "manager"),
        ("item.set_aside", "reviewer"),
        ("item.restored", "reviewer"),
        ("import.started", "manager"),
        ("snapshot.started", "reviewer"),
    ]


def test_what_is_refused_leaves_nothing(project, people):
    with pytest.raises(Invalid):
        projects.set_member(project, people.manager, "viewer", by=people.manager)
    with pytest.raises(Invalid):
        projects.update_project(people.manager, project, settings={"overlap": 99})
    with pytest.raises(PermissionDenied):
        quarantine.set_in_quarantine(people.reviewer, project, "annotator", "a coin")
    assert trail() == []


class Broken(Exception):
    """The trail cannot be written."""


@pytest.mark.django_db(transaction=True)
def test_a_change_that_cannot_be_recorded_does_not_happen(project, people, monkeypatch):
    """In the transaction of the change, in every service that records."""
    item, *_ = make_items(project, ["a", "b"])
    make_answer(item, people.annotator, {"label": "ham"})

    def refuse(**_):
        raise Broken

    monkeypatch.setattr(AuditEvent.objects, "create", refuse)
    before = list(project.members.values_list("pk", "role"))
    changes = [
        lambda: projects.set_member(project, people.stranger, "viewer", by=people.manager),
        lambda: projects.set_member(project, people.annotator, "viewer", by=people.manager),
        lambda: projects.remove_member(project, people.annotator, by=people.manager),
        lambda: projects.update_project(people.manager, project, name="Other", labels=["eggs"]),
        lambda: projects.update_project(people.manager, project, labels=["eggs"]),
        lambda: projects.set_instructions(people.manager, project, "Look."),
        lambda: projects.create_project(people.superuser, name="N", kind="classification", modality="text"),
        lambda: quarantine.set_in_quarantine(people.manager, project, "annotator", "a coin"),
        lambda: items.set_aside(people.reviewer, item),
        lambda: start_import(people.manager, project, rows=[{"text": "hello"}]),
        lambda: start_snapshot(people.reviewer, project),
        lambda: delete_project(people.manager, project),
    ]
    for change in changes:
        with pytest.raises(Broken):
            change()
    project.refresh_from_db()
    assert (project.name, project.deleted_at, project.instructions_version) == ("SMS", None, 0)
    assert list(project.members.values_list("pk", "role")) == before
    assert [label.name for label in project.labels.in_use()] == ["ham", "spam"]
    assert Project.objects.count() == 1
    item.refresh_from_db()
    assert item.status == "active"
    for rows in (project.quarantines, project.imports, project.snapshots):
        assert not rows.exists()
