"""The administration: every table can be looked at, history cannot be changed, a million rows are not counted."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from labeling.admin import COUNT_UP_TO, BoundedPaginator
from labeling.models import (
    Annotation,
    ApiToken,
    GoldTold,
    Invitation,
    Item,
    ItemComment,
    Machine,
    MachineVersion,
    PracticeQuestion,
    PracticeRound,
    Prediction,
    Progress,
    ReviewDecision,
    ReviewEntry,
    Snapshot,
    Suggestion,
    Task,
    User,
    WorkerMachine,
)
from learning.models import Alert, Run
from tests.factories import UserFactory, make_answer, make_items

OURS = [model for app in ("labeling", "learning") for model in apps.get_app_config(app).get_models()]
HISTORY = [
    "annotation", "task", "item", "importrejection", "queueentry", "epoch", "auditevent", "backup", "sweeprecord",
    "workermachine", "goldtold", "invitation", "itemcomment", "machine", "machineversion", "practiceround",
    "practicequestion", "predictionimport", "prediction", "reviewdecision", "reviewentry", "reviewplan", "schemechange",
    "suggestion",
]  # fmt: skip


@pytest.fixture
def root(people):
    client = Client()
    client.force_login(people.superuser)
    return client


def address(model, page, *args):
    from django.urls import reverse

    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_every_model_has_a_list_with_search_or_few_rows(model, root, project):
    assert admin.site.is_registered(model), f"{model.__name__} is missing from the administration"
    shown = admin.site._registry[model]
    assert len(shown.list_display) >= 3
    assert root.get(address(model, "changelist")).status_code == 200
    if shown.search_fields:
        assert root.get(address(model, "changelist"), {"q": "1"}).status_code == 200


@pytest.mark.parametrize("name", HISTORY)
def test_history_cannot_be_changed_even_by_a_superuser(name, root, project, people):
    make_answer(make_items(project, ["one"])[0], people.annotator, {"label": "spam"})
    model = apps.get_model("labeling", name)
    assert root.get(address(model, "add")).status_code == 403
    row = model.objects.first()
    if row is None:
        return
    page = root.get(address(model, "change", row.pk))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert root.post(address(model, "change", row.pk), {"revision": 9}).status_code == 403
    assert root.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def test_a_list_costs_the_same_for_many_rows(root, project, people, django_assert_max_num_queries):
    for item in make_items(project, [f"text {n}" for n in range(40)]):
        make_answer(item, people.annotator, {"label": "spam"})
    for model in (Task, Annotation, Item):
        with django_assert_max_num_queries(9):
            root.get(address(model, "changelist"))


def test_nor_do_the_lists_of_gold_practice_review_and_machines(root, project, people, django_assert_max_num_queries):
    for number, item in enumerate(make_items(project, [f"text {n}" for n in range(20)])):
        user = UserFactory(username=f"user {number}")
        made = {"project": project, "item": item}
        machine = Machine.objects.create(project=project, name=f"machine {number}", owner=user)
        version = MachineVersion.objects.create(machine=machine, name="1")
        Prediction.objects.create(**made, version=version, answer={"label": "ham"})
        task = make_answer(item, user, {"label": "spam"}).task
        GoldTold.objects.create(task=task, is_right=False)
        Suggestion.objects.create(project=project, task=task, version=version, answer={"label": "ham"}, shown=True)
        practice = PracticeRound.objects.create(project=project, user=user, size=1, needed=1)
        PracticeQuestion.objects.create(round=practice, item=item, place=0, truth={"label": "ham"})
        comment = ItemComment.objects.create(**made, author=user, text="Why?")
        ReviewDecision.objects.create(**made, reviewer=user, verdict="set_aside", comment=comment)
        until = timezone.now()
        ReviewEntry.objects.create(
            **made, sort="random", place=1, priority=1, why="w", claimed_by=user, claimed_until=until
        )
        Invitation.issue(project=project, role="viewer", created_by=user, expires_at=until)
    for model in (
        Machine, MachineVersion, Prediction, GoldTold, PracticeRound, PracticeQuestion, ItemComment, ReviewDecision,
        ReviewEntry, Invitation, Suggestion,
    ):  # fmt: skip
        with django_assert_max_num_queries(12):
            root.get(address(model, "changelist"))


def test_the_key_of_an_invitation_is_not_shown(root, project):
    invitation, key = Invitation.issue(project=project, role="viewer", expires_at=timezone.now())
    for page in (address(Invitation, "changelist"), address(Invitation, "change", invitation.pk)):
        content = root.get(page).content.decode()
        assert invitation.prefix in content
        assert invitation.key_hash not in content
        assert key not in content


def test_what_happened_to_a_person_is_not_typed_over(root, people):
    """When they joined and last signed in; and Django's fields for it have no labels."""
    form = address(User, "change", people.viewer.pk)
    page = root.get(form).content.decode()
    assert 'name="date_joined_0"' not in page
    joined = people.viewer.date_joined
    said = {"username": "viewer", "date_joined_0": "2001-01-01", "date_joined_1": "10:00", "is_active": "on"}
    assert root.post(form, said).status_code == 302
    people.viewer.refresh_from_db()
    assert people.viewer.date_joined == joined


def test_a_machine_that_fell_silent_is_told_from_one_that_lives(root, db):
    WorkerMachine.objects.beat("alive")
    WorkerMachine.objects.create(name="gone", beat_at=timezone.now() - timedelta(hours=1))
    page = root.get(address(WorkerMachine, "changelist")).content.decode()
    assert page.count('alt="True"') == page.count('alt="False"') == 1


def test_counting_stops(db, project):
    pages = BoundedPaginator(Item.objects.order_by("pk"), 50)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert pages.count == 0
    assert f"LIMIT {COUNT_UP_TO + 1}" in queries[0]["sql"]


def act(client, model, action, *rows):
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(address(model, "changelist"), data, follow=True)


def test_revokes_tokens(root, people):
    token, _ = ApiToken.issue(people.viewer, "lost laptop")
    assert "1 tokens revoked" in act(root, ApiToken, "revoke", token).content.decode()
    assert not ApiToken.objects.usable().exists()
    assert token.key_hash not in root.get(address(ApiToken, "change", token.pk)).content.decode()


def test_expires_leases(root, project, people):
    item = make_items(project, ["one"])[0]
    Item.objects.filter(pk=item.pk).update(slots_taken=1, is_open=False)
    Progress.objects.update(pool_open=0)
    task = Task.objects.create(
        project=project, item=item, annotator=people.annotator, reason="random",
        lease_expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    act(root, Task, "expire", task)
    task.refresh_from_db()
    item.refresh_from_db()
    assert (task.state, item.is_open, item.slots_taken) == ("expired", True, 0)


def test_tries_jobs_again(root, project, monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: woken.append((job, *args)))
    failed = Snapshot.objects.create(project=project, format="csv", rows="items", state="failed", error="disk full")
    done = Snapshot.objects.create(project=project, format="csv", rows="items", state="done")
    with django_capture_on_commit_callbacks(execute=True):
        page = act(root, Snapshot, "try_again", failed, done)
    assert "1 announced to the workers. 1 left as they are." in page.content.decode()
    failed.refresh_from_db()
    done.refresh_from_db()
    assert (failed.state, failed.error, done.state) == ("queued", "", "done")
    assert woken == [("labeling.run_snapshot", failed.pk)]


def test_the_front_page_tells_of_work_and_tries_a_failed_job_again(
    root, project, people, monkeypatch, django_capture_on_commit_callbacks, django_assert_max_num_queries
):
    woken = []
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: woken.append((job, *args)))
    failed = Snapshot.objects.create(
        project=project, format="csv", rows="items", state="failed", error="disk full\nmore"
    )
    Run.objects.create(project=project, trigger="manual", state="failed", error="no memory")
    old = Snapshot.objects.create(project=project, format="csv", rows="items", state="failed", error="long ago")
    Snapshot.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=30))
    Alert.objects.create(project=project, kind="run_failed", message="A run failed twice.")
    with django_assert_max_num_queries(57):
        page = root.get("/admin/").content.decode()
    assert all(words in page for words in ("2 failed in 14 days", "disk full", "no memory", "A run failed twice."))
    assert all(words in page for words in ("No machine with a worker", "none was made with", "1 in use"))
    assert "long ago" not in page
    assert page.count("Try again<") == 1  # a failed run would freeze nothing anew
    said = {"job": "labeling.snapshot", "number": failed.pk}
    with django_capture_on_commit_callbacks(execute=True):
        assert "is announced to the workers again" in root.post("/admin/", said, follow=True).content.decode()
    assert woken == [("labeling.run_snapshot", failed.pk)]
    assert "was left as it is" in root.post("/admin/", {**said, "number": 10**9}, follow=True).content.decode()
    for job, number in (("labeling.user", "1"), ("labeling.snapshot", "x")):
        assert root.post("/admin/", {"job": job, "number": number}).status_code == 404


def test_the_front_page_shows_what_one_may_see(people, project):
    from django.contrib.auth.models import Permission

    failed = Snapshot.objects.create(project=project, format="csv", rows="items", state="failed", error="disk full")
    people.viewer.is_staff = True
    people.viewer.save()
    client = Client()
    client.force_login(people.viewer)
    bare = client.get("/admin/").content.decode()
    assert not any(words in bare for words in ("disk full", "Machine room", "Accounts in use", project.name))
    people.viewer.user_permissions.add(Permission.objects.get(codename="view_snapshot"))
    page = client.get("/admin/").content.decode()
    assert "disk full" in page
    assert "Try again<" not in page
    assert client.post("/admin/", {"job": "labeling.snapshot", "number": failed.pk}).status_code == 403


def test_answers_are_told_in_words(root, project, people):
    made = make_answer(make_items(project, ["one"])[0], people.annotator, {"label": "spam"})
    project.labels.filter(name="spam").update(name="junk", key="spam")
    for page in (address(Annotation, "changelist"), address(Annotation, "change", made.pk)):
        shown = root.get(page).content.decode()
        assert "junk" in shown
        assert "&#x27;label&#x27;" not in shown
        assert "&quot;label&quot;" not in shown


def test_a_person_is_offered_the_permissions_that_change_something(root, people):
    page = root.get(address(User, "change", people.viewer.pk)).content.decode()
    assert "Can add project" in page
    assert "Can view item" in page
    assert "Can change snapshot" in page
    assert "Can delete item" not in page
    assert "Can add session" not in page


def test_a_second_waiting_run_is_left(root, project):
    Run.objects.create(project=project, trigger="manual", state="queued")
    failed = Run.objects.create(project=project, trigger="manual", state="failed")
    act(root, Run, "try_again", failed)
    failed.refresh_from_db()
    assert failed.state == "failed"


def test_looking_is_not_operating(project, people):
    """A member of staff who may only view sees no action."""
    from django.contrib.auth.models import Permission

    people.viewer.is_staff = True
    people.viewer.save()
    people.viewer.user_permissions.add(Permission.objects.get(codename="view_apitoken"))
    client = Client()
    client.force_login(people.viewer)
    token, _ = ApiToken.issue(people.manager, "theirs")
    assert client.get(address(ApiToken, "changelist")).status_code == 200
    act(client, ApiToken, "revoke", token)
    assert ApiToken.objects.usable().exists()


def test_signs_in_on_our_page(client, db):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/sign-in/?next=/admin/")
