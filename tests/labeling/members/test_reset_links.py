"""A link for a new password, where no mail can be sent: who may make one, for whom, and what it is good for."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.test import Client

from labeling.models import ApiToken, AuditEvent, Member
from labeling.pages.reset import TRIES
from labeling.services.members.reset_links import reset_path, why_no_link
from tests.factories import make_project

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

NEW = "seven wooden boats"
FORM = {"new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def path(project, people) -> str:
    return reset_path(people.manager, people.annotator, project)[0]


def opened(path: str) -> Client:
    browser = Client()
    assert browser.get(path).get("Location") == "/password/reset/", "the secret leaves the address"
    return browser


def can_sign_in(name: str, password: str) -> bool:
    return Client().post("/sign-in/", {"username": name, "password": password}).status_code == 302


def test_the_person_chooses_a_password_once_and_old_tokens_are_gone(path, people):
    token, _ = ApiToken.issue(people.annotator, "old")
    browser, later = opened(path), opened(path)
    assert browser.post("/password/reset/", {**FORM, "new_password2": "other"}).status_code == 400
    assert browser.post("/password/reset/", FORM).get("Location") == "/sign-in/"
    assert can_sign_in("annotator", NEW)
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert Client().get(path).status_code == 410, "good for one password"
    assert later.post("/password/reset/", {"new_password1": "x" * 20, "new_password2": "x" * 20}).status_code == 200
    assert can_sign_in("annotator", NEW)
    made, changed = AuditEvent.objects.filter(subject="annotator").order_by("pk").values_list("action", flat=True)
    assert (made, changed) == ("reset_link.made", "password.changed")


def test_weak_passwords_are_refused_as_elsewhere(path):
    answer = opened(path).post("/password/reset/", {"new_password1": "annotator1", "new_password2": "annotator1"})
    assert (answer.status_code, "new_password2" in answer.context["form"].errors) == (400, True)


def test_it_ends_after_a_day_and_with_a_sign_in(path, people, monkeypatch):
    opened(path)
    later = datetime.now() + timedelta(days=1, minutes=1)
    with monkeypatch.context() as patch:
        patch.setattr(default_token_generator, "_now", lambda: later)
        assert Client().get(path).status_code == 410
    assert can_sign_in("annotator", "correct horse battery")
    assert Client().get(path).status_code == 410


@pytest.mark.parametrize(
    "broken", ["uid=x", "token=1-2", "uid=MQ&token=1-2", "uid=%00&token=%00", "uid=OTk5OTk5OQ&token=c"]
)
def test_a_wrong_link_says_so_and_makes_no_session(db, broken):
    browser = Client()
    answer = browser.get(f"/password/reset/?{broken}")
    assert (answer.status_code, b"ask for a new one" in answer.content) == (410, True)
    assert not browser.cookies.get("sessionid")


def test_trying_links_is_slowed_down(path):
    codes = [Client().get("/password/reset/?uid=MQ&token=1-2").status_code for _ in range(TRIES.burst + 1)]
    assert (codes[-2:], Client().get(path).status_code) == ([410, 429], 429)


def test_a_manager_makes_it_for_people_who_are_nothing_more_than_members(project, people):
    assert why_no_link(people.manager, people.annotator) == ""
    assert "menu" in why_no_link(people.manager, people.manager)
    for field in ("is_staff", "is_superuser"):
        setattr(people.viewer, field, True)
        assert "administrator" in why_no_link(people.manager, people.viewer)
        setattr(people.viewer, field, False)
    other = make_project(slug="other", manager=people.stranger)
    Member.objects.create(project=other, user=people.reviewer, role="viewer")
    with pytest.raises(PermissionDenied, match="projects of others"):
        reset_path(people.manager, people.reviewer, project)
    assert why_no_link(people.superuser, people.reviewer) == ""
    people.annotator.is_active = False
    assert "switched off" in why_no_link(people.superuser, people.annotator)


def test_by_page_and_rest_the_link_is_told_once(project, people, browser_of, api):
    pk = Member.objects.get(user=people.annotator).pk
    page = browser_of(people.manager).post(f"/p/{project.slug}/members/{pk}/reset-link/")
    link = re.search(r"http://testserver(/password/reset/\?[^<]+)<", page.content.decode())[1].replace("&amp;", "&")
    opened(link)
    made = api(people.manager).post(f"/api/v1/projects/{project.slug}/members/annotator/reset-link/")
    assert made.status_code == 201
    opened(made.json()["link"].removeprefix("http://testserver"))
    assert (
        api(people.reviewer).post(f"/api/v1/projects/{project.slug}/members/annotator/reset-link/").status_code == 403
    )


def test_the_console_makes_one_for_whom_no_manager_may(people, browser_of):
    people.superuser.is_staff = True
    people.superuser.save()
    given = {"action": "make_reset_link", "_selected_action": [people.manager.pk]}
    answer = browser_of(people.superuser).post("/admin/labeling/user/", given, follow=True)
    path = re.search(r"http://testserver(/password/reset/[^<\s]+)", answer.content.decode())[1].replace("&amp;", "&")
    opened(path)
