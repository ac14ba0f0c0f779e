"""Who guesses is slowed down; whose name it is gets in all the same."""

import re

import pytest

from labeling.models import AttemptLimit, KnownAddress
from labeling.services.accounts.sign_in.attempts import ADDRESS, NAME, PAIR
from tests.factories import UserFactory
from tests.labeling.sign_in.people import EVERYWHERE, RIGHT, is_in, on_the_page, over_rest

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HOME, ELSEWHERE = "192.0.2.1", "203.0.113.66"


@pytest.fixture
def root():
    return UserFactory(username="root", is_superuser=True)


@pytest.mark.parametrize("way", EVERYWHERE)
@pytest.mark.parametrize("guess", EVERYWHERE)
def test_nobody_elsewhere_locks_the_owner_out(root, way, guess):
    assert is_in(way("root", RIGHT, HOME))
    answers = [guess("root", "wrong", f"203.0.113.{n % 100}").status_code for n in range(NAME.burst + 5)]
    assert 429 in answers[-3:]
    assert is_in(way("root", RIGHT, HOME))


@pytest.mark.parametrize("way", EVERYWHERE)
def test_somebody_at_the_owners_address_who_tries_all_names_does_not_either(root, way):
    assert is_in(way("root", RIGHT, HOME))
    answers = [on_the_page(f"name{n}", "wrong", HOME).status_code for n in range(ADDRESS.burst + 5)]
    assert answers[-1] == 429
    assert is_in(way("root", RIGHT, HOME))


def test_where_it_was_right_before_the_wait_is_seconds(root):
    """Somebody behind the same router may guess too: that is slowed down, never shut."""
    on_the_page("root", RIGHT, HOME)
    for _ in range(PAIR.burst):
        answer = over_rest("root", "wrong", HOME)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 10
    AttemptLimit.objects.all().delete()  # those seconds later
    assert is_in(over_rest("root", RIGHT, HOME))


def test_guessing_by_page_and_rest_is_counted_together(root):
    ways = [on_the_page, over_rest] * PAIR.burst
    answers = [way("root", "wrong", ELSEWHERE).status_code for way in ways[: PAIR.burst]]
    assert (answers[-1], 429 in answers[:-1]) == (429, False)
    for way in EVERYWHERE:
        refused = way("root", RIGHT, ELSEWHERE)
        assert refused.status_code == 429
        assert 50 < int(refused.headers["Retry-After"]) <= 60


def test_one_password_tried_on_all_names_is_stopped_at_the_address(db):
    answers = [on_the_page(f"name{n}", "Summer2026!", ELSEWHERE).status_code for n in range(ADDRESS.burst)]
    assert (answers[-1], 429 in answers[:-1]) == (429, False)
    assert on_the_page("one more", "Summer2026!", ELSEWHERE).status_code == 429
    assert on_the_page("one more", "Summer2026!", HOME).status_code == 200


def test_an_ipv6_network_is_one_address(root):
    for n in range(PAIR.burst):
        on_the_page("root", "wrong", f"2001:db8:1:2::{n + 1:x}")
    assert on_the_page("root", RIGHT, "2001:db8:1:2:ffff::1").status_code == 429
    assert is_in(on_the_page("root", RIGHT, "2001:db8:1:3::1"))


def test_other_spellings_of_a_name_are_no_further_tries(root):
    for n in range(PAIR.burst):
        over_rest(["root", "ROOT", "ｒoot"][n % 3], "wrong", ELSEWHERE)
    assert over_rest("root", RIGHT, ELSEWHERE).status_code == 429


def test_a_right_password_gives_back_what_it_spent(root):
    for _ in range(3 * PAIR.burst):
        assert is_in(on_the_page("root", RIGHT, HOME))
    for _ in range(PAIR.burst - 1):
        on_the_page("root", "wrong", ELSEWHERE)
    assert is_in(on_the_page("root", RIGHT, ELSEWHERE))
    assert not AttemptLimit.objects.filter(scope__in=["pair", "known"]).exists()


def said(answer) -> list[str]:
    """The words of an answer; of a page those that tell of the error, without how long to wait."""
    body = answer.content.decode()
    words = re.findall(r'role="alert">(.*?)</div>', body, re.DOTALL) if "<html" in body else [body]
    assert words
    return [re.sub(r"\d+ seconds|1 minute", "a while", part) for part in words]


def test_a_name_that_does_not_exist_is_answered_alike(root):
    def seen(name: str, way):
        answers = [way(name, "wrong", ELSEWHERE) for _ in range(PAIR.burst + 1)]
        AttemptLimit.objects.all().delete()
        return [(answer.status_code, *said(answer)) for answer in answers]

    for way in EVERYWHERE:
        assert seen("root", way) == seen("nobody", way)


def test_a_password_is_hashed_for_a_name_that_does_not_exist_too(root, monkeypatch):
    """Else the time would tell which names there are."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args))
    root.set_unusable_password()
    inactive = UserFactory(username="gone", is_active=False)
    counts = {}
    for name in ("root", inactive.username, "nobody"):
        hashed.clear()
        over_rest(name, "wrong", ELSEWHERE)
        counts[name] = len(hashed)
    assert set(counts.values()) == {1}


def test_the_tables_stay_small(root):
    for n in range(40):
        over_rest(f"name{n}", "wrong", f"198.51.100.{n}")
    AttemptLimit.objects.update(free_at="2026-01-01T00:00Z")
    over_rest("one more", "wrong", ELSEWHERE)
    assert AttemptLimit.objects.count() == 4  # token, address, pair and name of the last one
    for n in range(30):
        on_the_page("root", RIGHT, f"198.51.100.{n}")
    kept = KnownAddress.objects.filter(user=root)
    assert kept.count() == 20
    assert kept.filter(address="198.51.100.29").exists()


def test_no_name_is_kept_in_clear(db):
    on_the_page("my-password-in-the-wrong-field", "x", ELSEWHERE)
    assert AttemptLimit.objects.count() == 3
    assert "wrong-field" not in str(list(AttemptLimit.objects.values()))


def test_an_administrator_unlocks_a_name(root, capsys):
    from django.core.management import call_command

    for _ in range(PAIR.burst):
        on_the_page("root", "wrong", ELSEWHERE)
    call_command("axes_reset_username", "root")
    assert is_in(on_the_page("root", RIGHT, ELSEWHERE))
    for _ in range(PAIR.burst):
        on_the_page("ben", "wrong", ELSEWHERE)
    call_command("axes_reset_ip", ELSEWHERE)
    assert on_the_page("ben", "wrong", ELSEWHERE).status_code == 200
