"""Cards of people over time: what changed, what is kept in the process; page, csv and REST tell everybody the same."""

import csv
import io

import numpy as np
import pytest

from labeling.models import Annotation
from labeling.selectors.people import chosen_people, people_of
from labeling.selectors.people.kept import SLOW_S, Readings
from tests.factories import make_answer, make_items
from tests.labeling.people.crowd import answered_by


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def readings():
    return Readings(clock=Clock(), cpu=Clock())


def reads(readings, found, *, cost_s=1.0, newest=1, bound="as ever"):
    def read():
        readings.cpu.now += cost_s
        return found

    return readings.of(7, bound, newest, read)


def test_what_took_long_is_told_again_until_something_is_answered(readings):
    assert reads(readings, "first") == "first"
    readings.clock.now = 10_000
    assert reads(readings, "second") == "first"
    assert reads(readings, "third", newest=2) == "third"


def test_while_answers_come_in_it_is_as_old_as_it_was_dear(readings):
    reads(readings, "first", cost_s=2.0)
    readings.clock.now = 39.9
    assert reads(readings, "second", newest=2) == "first"
    readings.clock.now = 40.1
    assert reads(readings, "third", newest=3) == "third"


def test_a_quarantine_or_a_renamed_label_is_seen_at_once_and_what_was_quick_is_never_kept(readings):
    reads(readings, "first")
    assert reads(readings, "second", bound="somebody left out") == "second"
    quick = Readings(clock=Clock(), cpu=Clock())
    reads(quick, "first", cost_s=SLOW_S / 2)
    assert reads(quick, "second") == "second"


@pytest.mark.django_db
@pytest.mark.both_databases
def test_who_agrees_less_than_before_is_flagged_alike_on_page_in_csv_and_over_rest(project, people, api, browser_of):
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 200)
    said = np.tile(truth, (4, 1))
    said = np.where(rng.random(said.shape) < 0.08, 1 - said, said)
    said[3, 150:] = rng.integers(0, 2, 50)  # the last one only clicks by now
    answered_by(project, ["ann", "ben", "cleo", "drew"], said)
    cards = {card.name: card for card in people_of(project).cards if card.answers}
    assert {name for name, card in cards.items() if card.change.is_flagged} == {"drew"}
    assert "agrees less with the others than before" in cards["drew"].verdict.sentence
    assert all(cards[name].lately_ms for name in cards)
    assert chosen_people(cards.values(), sort="change")[0].name == "drew"
    client, address = api(people.manager), f"/api/v1/projects/{project.slug}/people/"
    told = {row["name"]: row for row in client.get(address, {"sort": "change"}).json()["results"]}
    rows = csv.DictReader(io.StringIO(client.get(address, {"format": "csv"}).content.decode()))
    file = {row["name"]: row for row in rows}
    for name, card in cards.items():
        assert told[name]["change"]["value"] == pytest.approx(card.change.value)
        assert float(file[name]["change"]) == pytest.approx(card.change.value)
        assert (told[name]["lately_ms"], int(file[name]["lately_ms"])) == (card.lately_ms, card.lately_ms)
    page = browser_of(people.manager).get(f"/p/{project.slug}/members/people/").content.decode()
    assert page.count("agrees less with the others than before") == 1


@pytest.mark.django_db
def test_where_reading_is_slow_a_new_answer_is_told_after_a_while(project, people, monkeypatch):
    """The whole way, with every reading taken for a slow one."""
    monkeypatch.setattr("labeling.selectors.people.kept.SLOW_S", 0.0)
    monkeypatch.setattr("labeling.selectors.people.cards._READINGS", Readings(clock=(clock := Clock())))
    first, second = make_items(project, ["a", "b"])

    def answers() -> int:
        return sum(card.answers for card in people_of(project).cards)

    make_answer(first, people.annotator, {"label": "ham"})
    assert answers() == 1
    make_answer(second, people.annotator, {"label": "ham"})
    assert (answers(), Annotation.objects.count()) == (1, 2)
    clock.now += 10_000
    assert answers() == 2
