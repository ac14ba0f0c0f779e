"""Cards of people over time: what changed; page, csv and REST tell everybody the same."""

import csv
import io

import numpy as np
import pytest

from labeling.selectors.people import chosen_people, people_of
from tests.labeling.people.crowd import answered_by


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
