"""A new password takes the tokens with it that the old one could have made, unless somebody keeps them."""

import io

import pytest
from django.core.management import call_command

from labeling.models import ApiToken, AuditEvent
from labeling.services.accounts.tokens import issue_token
from tests.factories import UserFactory, make_project
from tests.labeling.sign_in.people import RIGHT

pytestmark = pytest.mark.django_db
NEW = "rather longer than before"


@pytest.fixture
def anna():
    anna = UserFactory(username="anna", password=RIGHT)
    issue_token(anna, "training")
    issue_token(UserFactory(username="ben"), "of somebody else")
    return anna


def names_in_use() -> list[str]:
    return sorted(ApiToken.objects.usable().values_list("name", flat=True))


def events() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", "user_name"))


@pytest.mark.parametrize(("choice", "kept"), [("revoke", []), ("keep", ["training"]), ("", [])])
def test_on_the_page_it_is_a_choice(anna, browser_of, choice, kept):
    browser = browser_of(anna)
    assert "Your 1 API token" in browser.get("/password/").content.decode()
    given = {"old_password": RIGHT, "new_password1": NEW, "new_password2": NEW, "tokens": choice}
    page = browser.post("/password/", given, follow=True)
    assert ("1 API token revoked" in page.content.decode()) == (not kept)
    assert names_in_use() == sorted([*kept, "of somebody else"])
    assert events()[2:] == [*([] if kept else [("token.revoked", "anna")]), ("password.changed", "anna")]


def test_a_wrong_old_password_revokes_nothing(anna, browser_of):
    given = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW, "tokens": "revoke"}
    browser_of(anna).post("/password/", given)
    assert len(names_in_use()) == 2


def test_without_tokens_nothing_is_asked(browser_of):
    assert 'name="tokens"' not in browser_of(UserFactory()).get("/password/").content.decode()


@pytest.mark.parametrize(("keep", "kept"), [({}, []), ({"keep_tokens": "on"}, ["training"])])
def test_an_administrator_who_resets_a_password_revokes_them_too(anna, people, browser_of, keep, kept):
    address = f"/admin/labeling/user/{anna.pk}/password/"
    browser = browser_of(people.superuser)
    assert "Keep the person’s API tokens" in browser.get(address).content.decode()
    given = {"password1": NEW, "password2": NEW, "set-password": "1", **keep}
    assert browser.post(address, given).status_code == 302
    assert names_in_use() == sorted([*kept, "of somebody else"])
    assert ("password.changed", "root") in events()


def test_a_password_that_the_administration_refuses_revokes_nothing(anna, people, browser_of):
    address = f"/admin/labeling/user/{anna.pk}/password/"
    assert browser_of(people.superuser).post(address, {"password1": NEW, "password2": "other"}).status_code == 200
    assert len(names_in_use()) == 2


@pytest.mark.parametrize(("options", "kept"), [([], []), (["--keep-tokens"], ["training"])])
def test_so_does_the_command(anna, monkeypatch, options, kept):
    from config.management.commands.changepassword import Command

    monkeypatch.setattr(Command, "_get_pass", lambda self, prompt="": NEW)
    said = io.StringIO()
    call_command("changepassword", "anna", *options, stdout=said)
    assert f"{1 - len(kept)} API tokens revoked" in said.getvalue()
    assert names_in_use() == sorted([*kept, "of somebody else"])


def test_the_page_of_tokens_says_what_each_is_for(anna, browser_of):
    make_project(slug="mine", name="My project", manager=anna)
    browser = browser_of(anna)
    given = {"name": "nightly", "scopes": ["read", "predict"], "project": "mine", "expires_in_days": "30"}
    page = browser.post("/tokens/", given).content.decode()
    assert "My project" in page
    assert "read predict" in page
    token = ApiToken.objects.get(name="nightly")
    assert token.expires_at.strftime("%b %Y") in page
    ApiToken.objects.filter(pk=token.pk).update(expires_at="2026-01-01T00:00Z")
    assert "ended 1 Jan 2026" in browser.get("/tokens/").content.decode()


@pytest.mark.parametrize(
    "wrong", [{"scopes": []}, {"scopes": ["all"]}, {"project": "theirs"}, {"expires_in_days": "7"}], ids=str
)
def test_a_token_that_cannot_be_is_refused(anna, browser_of, wrong):
    make_project(slug="theirs")
    given = {"name": "n", "scopes": ["read"], "project": "", "expires_in_days": "", **wrong}
    assert browser_of(anna).post("/tokens/", given).status_code == 400
    assert len(names_in_use()) == 2


def test_all_are_revoked_at_once_and_only_ones_own(anna, browser_of):
    issue_token(anna, "another")
    page = browser_of(anna).post("/tokens/revoke-all/", follow=True)
    assert "2 tokens revoked" in page.content.decode()
    assert names_in_use() == ["of somebody else"]
    assert browser_of(anna).get("/tokens/revoke-all/").status_code == 405


def test_the_trail_holds_no_key(anna):
    _, key = issue_token(anna, "secret one")
    assert key not in str(list(AuditEvent.objects.values()))
    assert ("token.made", "anna") in events()
