"""Which passwords can be chosen: on the page, in the administration and by command alike."""

import io

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from labeling.models import User
from tests.factories import UserFactory
from tests.labeling.sign_in.people import RIGHT

pytestmark = pytest.mark.django_db

BAD = [
    ("a6", "a6a6a6a6"), ("a6", "a6a6a6a6a6a6"), ("a6", "6a6a6a6a6a6a6a"), ("a6", "A6-a6-A6-a6-A6"),
    ("anna", "anna.anna.2026"),
    ("anna", "annaannaanna"), ("anna", "aaaaaaaaaaaaaaaa"), ("anna", "abababababab"), ("anna", "tooshort-7x"),
    ("anna", "123456789012"), ("anna", "password1234"), ("lovelace", "Lovelace2026!"),
    ("ada@example.org", "example-ada-1"),
]  # fmt: skip
GOOD = [("a", "correct horse battery"), ("anna", "anna likes long walks"), ("a6", "mzk4-hx7q-wp3d"), ("", RIGHT)]


@pytest.mark.parametrize(("name", "password"), BAD)
def test_bad_ones_are_refused_in_words(name, password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password, User(username=name))
    assert all(message.endswith(".") for message in refused.value.messages)


@pytest.mark.parametrize(("name", "password"), GOOD)
def test_good_ones_are_taken(name, password):
    validate_password(password, User(username=name))


def test_the_page_refuses_them(browser_of):
    user = UserFactory(username="a6", password=RIGHT)
    for password in ("a6a6a6a6", "a6a6a6a6a6a6"):
        given = {"old_password": RIGHT, "new_password1": password, "new_password2": password}
        assert browser_of(user).post("/password/", given).status_code == 200
    user.refresh_from_db()
    assert user.check_password(RIGHT)


def test_the_administration_refuses_them(people, browser_of):
    root = browser_of(people.superuser)
    made = {"username": "a6", "password1": "a6a6a6a6a6a6", "password2": "a6a6a6a6a6a6", "usable_password": "true"}
    assert "too much like the name" in root.post("/admin/labeling/user/add/", made).content.decode()
    assert not User.objects.filter(username="a6").exists()
    reset = {"password1": "managermanager", "password2": "managermanager", "set-password": "1"}
    page = root.post(f"/admin/labeling/user/{people.manager.pk}/password/", reset)
    assert "too much like the name" in page.content.decode()


def test_the_command_refuses_them(people, monkeypatch):
    from config.management.commands.changepassword import Command

    monkeypatch.setattr(Command, "_get_pass", lambda self, prompt="": "managermanager")
    with pytest.raises(CommandError, match="Aborting"):
        call_command("changepassword", "manager", stdout=io.StringIO(), stderr=io.StringIO())
