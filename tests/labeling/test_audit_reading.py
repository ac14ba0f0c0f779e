"""Managers read the trail of their project, administrators all of it, others nothing; sign-ins, users, the console."""

import csv
import io

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from labeling.models import AuditEvent, User
from labeling.services.accounts import events as account_events
from labeling.services.audit.trail import record
from labeling.services.projects import manage as projects
from labeling.services.projects.deletion import delete_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(project, people):
    projects.set_member(project, people.stranger, "viewer", by=people.manager)
    projects.update_project(people.manager, project, purpose="=1+1")
    record("token.made", user=people.viewer, subject="laptop")


def test_a_manager_reads_the_project_and_nothing_else(project, people, rows, api, browser_of):
    found = api(people.manager).get("/api/v1/projects/sms/audit/").json()
    assert [row["action"] for row in found["results"]] == ["project.changed", "member.added"]
    assert api(people.manager).get("/api/v1/audit/").status_code == 403
    page = browser_of(people.manager).get("/p/sms/audit/").content.decode()
    assert "member.added" in page
    assert "token.made" not in page


def test_an_administrator_reads_everything_also_of_what_is_gone(project, people, rows, api, browser_of):
    delete_project(people.manager, project)
    found = api(people.superuser).get("/api/v1/audit/").json()["results"]
    assert [row["action"] for row in found] == ["project.deleted", "token.made", "project.changed", "member.added"]
    assert "project.deleted" in browser_of(people.superuser).get("/audit/").content.decode()


def test_filters_and_cursor(project, people, rows, api):
    client = api(people.superuser)

    def actions(**given):
        return [row["action"] for row in client.get("/api/v1/audit/", given).json()["results"]]

    assert actions(who="viewer") == ["token.made"]
    assert actions(what="member") == ["member.added"]
    assert actions(what="member.added") == ["member.added"]
    assert actions(since="2000-01-01T00:00:00Z") == ["token.made", "project.changed", "member.added"]
    assert actions(since="2100-01-01T00:00:00Z") == []
    first = client.get("/api/v1/audit/", {"limit": 2}).json()
    rest = client.get(first["next"]).json()
    assert [row["action"] for row in first["results"] + rest["results"]] == actions()


def test_the_page_pages_and_takes_odd_filters_calmly(project, people, rows, browser_of):
    browser = browser_of(people.manager)
    for number in range(120):
        record("project.changed", user=people.manager, project=project, after={"n": number})
    first = browser.get("/p/sms/audit/")
    assert len(first.context["rows"]) == 100
    second = browser.get(f"/p/sms/audit/?{first.context['older']}")
    assert len(second.context["rows"]) == 22
    for odd in ("?since=2026-13-77", "?before=x", "?before=99999999999999999999", "?who=%00", "?what=a.b"):
        assert browser.get(f"/p/sms/audit/{odd}").status_code == 200


def test_the_page_says_values_as_people_write_them(project, people, browser_of):
    recorded = {
        "labels": ["ham", "spam"],
        "overlap": {"asked": 2},
        "is_archived": False,
        "purpose": "",
        "text": "x" * 2_000,
    }
    record("project.changed", user=people.manager, project=project, before={"labels": None}, after=recorded)
    ((_, before, after),) = browser_of(people.manager).get("/p/sms/audit/").context["rows"]
    assert before == [("labels", "none")]
    assert dict(after) == {
        "labels": "ham, spam",
        "overlap": "asked: 2",
        "is_archived": "no",
        "purpose": "none",
        "text": "x" * 300 + "…",
    }


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_the_file_holds_the_rows_and_no_formula(file_format, project, people, rows, api):
    response = api(people.manager).get("/api/v1/projects/sms/audit/export/", {"format": file_format})
    text = b"".join(response.streaming_content).decode()
    if file_format == "jsonl":
        assert len(text.splitlines()) == 2
        return
    read = list(csv.DictReader(io.StringIO(text)))
    assert [row["action"] for row in read] == ["project.changed", "member.added"]
    record("project.changed", user=None, project=project, subject="=HYPERLINK(1)")
    again = api(people.manager).get("/api/v1/projects/sms/audit/export/", {"format": "csv"})
    assert "'=HYPERLINK" in b"".join(again.streaming_content).decode()


# accounts


def test_a_wrong_password_is_recorded_without_what_was_typed(people):
    sign_in = {"username": "viewer", "password": "hunter2"}
    Client().post("/sign-in/", sign_in, REMOTE_ADDR="203.0.113.9")
    odd = {"username": "my-secret-password", "password": "x"}
    Client().post("/api/v1/auth/token/", odd, content_type="application/json", REMOTE_ADDR="203.0.113.9")
    found = list(AuditEvent.objects.order_by("pk").values_list("action", "subject", "address", "via"))
    assert found == [
        ("sign_in.failed", "viewer", "203.0.113.9", "page"),
        ("sign_in.failed", account_events.UNKNOWN, "203.0.113.9", "rest"),
    ]
    assert "hunter2" not in str(list(AuditEvent.objects.values()))
    assert "my-secret" not in str(list(AuditEvent.objects.values()))


def test_a_lock_out_is_recorded_once_and_guessing_on_fills_no_table(people, monkeypatch):
    for _ in range(40):
        Client().post("/sign-in/", {"username": "viewer", "password": "wrong"}, REMOTE_ADDR="203.0.113.9")
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions.count("sign_in.locked_out") == 1
    assert len(actions) < 30
    monkeypatch.setattr(account_events, "FAILURES_AN_HOUR", len(actions))
    Client().post("/sign-in/", {"username": "reviewer", "password": "wrong"}, REMOTE_ADDR="203.0.113.10")
    assert AuditEvent.objects.count() == len(actions)


def test_the_console_leaves_who_did_what_to_whom(people, browser_of):
    browser = browser_of(people.superuser)
    user = people.viewer
    form = {
        "username": "viewer",
        "is_active": "on",
        "is_staff": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00",
    }
    assert browser.post(f"/admin/labeling/user/{user.pk}/change/", form).status_code == 302
    changed = AuditEvent.objects.get(action="user.changed")
    assert (changed.user_name, changed.subject, changed.via) == ("root", "viewer", "console")
    assert (changed.before, changed.after) == ({"is_staff": False}, {"is_staff": True})
    browser.post("/admin/auth/group/add/", {"name": "Makers"})
    assert AuditEvent.objects.filter(action="console.added", subject="group Makers", user_name="root").exists()
    group = Group.objects.get()
    browser.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
    assert AuditEvent.objects.filter(action="console.deleted", subject="group Makers").exists()
    browser.post(
        "/admin/labeling/user/", {"action": "delete_selected", "_selected_action": [people.stranger.pk], "post": "yes"}
    )
    assert not User.objects.filter(username="stranger").exists()
    assert AuditEvent.objects.filter(action="console.deleted", subject="user stranger", user_name="root").exists()


def test_a_user_made_by_a_command_is_recorded(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    call_command("createsuperuser", username="boss", email="", interactive=False, verbosity=0)
    made = AuditEvent.objects.get(action="user.created")
    assert (made.subject, made.via, made.after["is_superuser"]) == ("boss", "program", True)
    assert "password" not in made.after
