"""The form that changes a password asks for the old one: the limits of a sign-in hold there too."""

import pytest

from labeling.services.accounts.sign_in.attempts import PAIR
from tests.factories import UserFactory
from tests.labeling.sign_in.people import RIGHT, is_in, on_the_page

pytestmark = pytest.mark.django_db
NEW = "rather longer than before"


@pytest.fixture
def anna():
    return UserFactory(username="anna", password=RIGHT)


def change(browser, old: str, new: str = NEW):
    return browser.post("/password/", {"old_password": old, "new_password1": new, "new_password2": new})


def test_whoever_finds_a_browser_open_cannot_try_passwords_there(anna, browser_of):
    browser = browser_of(anna)
    answers = [change(browser, f"guess {n}").status_code for n in range(PAIR.burst)]
    assert set(answers) == {200}
    refused = change(browser, RIGHT)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "Too many wrong passwords" in refused.content.decode()
    anna.refresh_from_db()
    assert anna.check_password(RIGHT)


def test_a_new_password_that_is_refused_spends_nothing(anna, browser_of):
    browser = browser_of(anna)
    for _ in range(2 * PAIR.burst):
        assert change(browser, RIGHT, new="short").status_code == 200
    assert change(browser, RIGHT).status_code == 302
    assert is_in(on_the_page("anna", NEW, "192.0.2.1"))


def test_the_administration_has_no_form_of_its_own(people, browser_of):
    assert browser_of(people.superuser).get("/admin/password_change/").headers["Location"] == "/password/"
