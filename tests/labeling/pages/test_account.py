"""Signing in and out, the password, API tokens."""

import pytest
from django.conf import settings
from django.test import Client

from labeling.models import ApiToken
from tests.factories import UserFactory

PASSWORD = "correct horse battery"


@pytest.fixture
def anna(db):
    return UserFactory(username="anna", password=PASSWORD)


def sign_in(client, password, name="anna", **more):
    return client.post("/sign-in/", {"username": name, "password": password, **more})


def test_signs_in_and_goes_where_one_wanted_to_go(client, anna):
    assert client.get("/tokens/").headers["Location"] == "/sign-in/?next=/tokens/"
    assert sign_in(client, PASSWORD, next="/tokens/").headers["Location"] == "/tokens/"
    assert client.get("/tokens/").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_never_leads_to_another_site(client, anna, elsewhere):
    assert sign_in(client, PASSWORD, next=elsewhere).headers["Location"] == "/"


def test_says_in_plain_words_that_the_password_is_wrong(client, anna):
    response = sign_in(client, "wrong")
    assert "The user name or the password is wrong." in response.content.decode()
    assert 'value="anna"' in response.content.decode()


def test_an_account_that_is_off_cannot_sign_in(client, anna):
    anna.is_active = False
    anna.save()
    assert sign_in(client, PASSWORD).status_code == 200


def test_guessing_is_locked_out_with_a_reason(client, anna):
    for _ in range(settings.SIGN_IN_ATTEMPTS):
        response = sign_in(client, "wrong")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "60"
    assert "Wait 1 minute, then try again" in response.content.decode()
    assert "Too many wrong passwords" in response.content.decode()
    assert sign_in(client, PASSWORD).status_code == 429
    other = UserFactory(username="ben", password=PASSWORD)
    assert sign_in(Client(), PASSWORD, name=other.username).status_code == 302


def test_signing_out_needs_a_button(client, anna):
    client.force_login(anna)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert client.get("/tokens/").status_code == 302


def test_changes_the_password(client, anna):
    client.force_login(anna)
    new = "rather longer than before"
    wrong = client.post("/password/", {"old_password": "no", "new_password1": new, "new_password2": new})
    assert "errorlist" in wrong.content.decode()
    done = client.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert done.status_code == 302
    assert sign_in(Client(), new).status_code == 302


def test_a_token_is_shown_once_and_revoked(client, anna, api):
    client.force_login(anna)
    response = client.post("/tokens/", {"name": "training", "scopes": ["read"]})
    key = response.context["key"]
    assert key in response.content.decode()
    assert response.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert key not in client.get("/tokens/").content.decode()
    assert "training" in client.get("/tokens/").content.decode()
    program = api()
    assert program.get("/api/v1/projects/", HTTP_AUTHORIZATION=f"Token {key}").status_code == 200
    client.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/")
    assert program.get("/api/v1/projects/", HTTP_AUTHORIZATION=f"Token {key}").status_code == 401
    assert "training</th>" not in client.get("/tokens/").content.decode()


def test_a_token_needs_a_name(client, anna):
    client.force_login(anna)
    response = client.post("/tokens/", {"name": " ", "scopes": ["read"]})
    assert response.status_code == 400
    assert not ApiToken.objects.exists()
