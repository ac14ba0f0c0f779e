"""The card of a machine's version, counted by hand: people's consensus, each person, gold, confusion, cost, test."""

import random

import pytest

from labeling.models import Context, KnownAnswer, MachineVersion, Pair
from labeling.selectors.machines import cards_of
from labeling.services.machines.manage import add_machine
from labeling.services.quality.quarantine import set_in_quarantine
from tests.factories import UserFactory, make_answer, make_items, make_project
from tests.labeling.machines.test_members import by

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = "/api/v1/projects/sms/predictions/import/"


def predict(key, rows, version="1"):
    answer = by(key).post(f"{AT}?version={version}", {"rows": rows}).json()
    assert answer["rejections"] == []


def card_of(project, name="1"):
    version = MachineVersion.objects.get(name=name)
    return cards_of(project, [version.pk])[version.pk]


@pytest.fixture
def crowd(people):
    """Four people of whom the first three answer 60 items: two agree always, the third says ham each time."""
    project = make_project(slug="sms", manager=people.manager, overlap=3)
    items = make_items(project, [f"text {n}" for n in range(60)])
    three = [UserFactory(username=name) for name in ("ann", "bob", "cas")]
    for person in three:
        project.members.create(user=person, role="annotator")
    for n, item in enumerate(items):
        truth = "spam" if n % 3 == 0 else "ham"
        for person, label in zip(three, (truth, truth, "ham"), strict=True):
            make_answer(item, person, {"label": label})
    return project, items


def test_a_card_by_hand(crowd, people):
    """The machine says ham but for every sixth item: right on 50 of 60, where people say spam on 20."""
    project, items = crowd
    _, key = add_machine(people.manager, project, name="judge", version="1")
    rows = [
        {"item": item.pk, "label": "spam" if n % 6 == 0 else "ham",
         "probabilities": {"spam": 0.9 if n % 6 == 0 else 0.1, "ham": 0.1 if n % 6 == 0 else 0.9}, "cost": 0.5}
        for n, item in enumerate(items)
    ]  # fmt: skip
    predict(key, rows)
    card = card_of(project)
    assert (card.predictions, card.agreement.count, card.agreement.n) == (60, 50, 60)
    assert card.agreement.low < 50 / 60 < card.agreement.high
    assert {one.name: (one.agreement.count, one.agreement.n) for one in card.people} == {
        "ann": (50, 60), "bob": (50, 60), "cas": (50, 60),
    }  # fmt: skip
    assert [(one.others, one.said, one.n) for one in card.confused] == [("spam", "ham", 10)]
    assert (card.cost, card.cost_per_right) == (30.0, pytest.approx(0.5 / (50 / 60)))
    assert card.gold is None
    assert card.calibration.low <= card.calibration.value <= card.calibration.high
    assert [part.n for part in card.drift] == [20, 20, 20]
    leads = {one.name: (one.lead.value, one.is_won) for one in card.people}
    assert leads["cas"] == (pytest.approx(10 / 60), True), "on ten items it is nearer to the two others than cas"
    assert leads["ann"][0] == leads["bob"][0] == 0.0, "ham or spam where bob says spam and cas ham: equally near"
    assert card.verdict == "No worse than a person: shown to be no worse than 100 % of the people."


def test_the_machine_is_in_no_consensus_that_it_is_held_against(crowd, people):
    """Neither it nor its versions, nor another machine: what people come to stays what it was."""
    project, items = crowd
    _, key = add_machine(people.manager, project, name="judge", version="1")
    predict(key, [{"item": item.pk, "label": "spam"} for item in items])
    before = card_of(project).agreement
    for version in "234":
        predict(key, [{"item": item.pk, "label": "spam"} for item in items], version)
    assert card_of(project).agreement == before
    assert (before.count, before.n) == (20, 60)
    assert "Not shown to be as good as a person" in card_of(project).verdict


def test_who_is_in_quarantine_is_nobody_to_be_held_against(crowd, people):
    project, items = crowd
    _, key = add_machine(people.manager, project, name="judge", version="1")
    predict(key, [{"item": item.pk, "label": "spam"} for item in items])
    for name in ("ann", "bob"):
        set_in_quarantine(people.manager, project, name, "Left.")
    card = card_of(project)
    assert (card.agreement.count, [one.name for one in card.people]) == (0, ["cas"])
    assert card.verdict.startswith("Whether it is no worse than a person cannot be said yet: it takes 3 people with 30")


def test_without_answers_there_is_nothing_to_say(project, people):
    items = make_items(project, ["a", "b"])
    _, key = add_machine(people.manager, project, name="judge", version="1")
    predict(key, [{"item": items[0].pk, "label": "ham"}])
    card = card_of(project)
    assert (card.predictions, card.agreement, card.gold, card.people, card.calibration) == (1, None, None, (), None)
    assert (card.verdict, card.cost, card.cost_per_right, card.drift) == ("", None, None, ())


def test_known_judgments_of_pairs_are_its_gold(people):
    project = make_project(slug="sms", kind="pairwise", labels=(), manager=people.manager)
    context = Context.objects.create(project=project, ordinal=0, text="For what?", split="pool", content_hash="c")
    a, b, c = make_items(project, ["a", "b", "c"])
    for one, two, gold in ((a, b, "first"), (a, c, "second"), (b, c, None)):
        Pair.objects.create(project=project, context=context, first=one, second=two, split="pool", gold=gold)
    _, key = add_machine(people.manager, project, name="judge", version="1")
    rows = [(b, a, "right"), (a, c, "left"), (b, c, "tie")]
    predict(key, [{"left": one.external_id, "right": two.external_id, "label": said} for one, two, said in rows])
    assert (card_of(project).gold.count, card_of(project).gold.n) == (1, 2)


def test_known_answers_of_items_are_its_gold_and_by_them_the_cost_is_told(project, people):
    items = make_items(project, [f"text {n}" for n in range(5)])
    for item, label in zip(items, ("ham", "ham", "spam", "spam"), strict=False):
        KnownAnswer.objects.create(project=project, item=item, answer={"label": label}, origin="import")
    _, key = add_machine(people.manager, project, name="judge", version="1")
    predict(key, [{"item": item.pk, "label": "ham", "cost": 2} for item in items])
    card = card_of(project)
    assert (card.gold.count, card.gold.n, card.agreement) == (2, 4, None)
    assert (card.cost, card.cost_per_right) == (10.0, 4.0)


def test_a_label_of_several_is_calibrated_label_by_label_and_a_rating_goes_by_steps(people):
    several = make_project(slug="sms", kind="multilabel", manager=people.manager)
    items = make_items(several, [f"text {n}" for n in range(40)])
    _, key = add_machine(people.manager, several, name="judge", version="1")
    rng = random.Random(0)
    for item in items:
        make_answer(item, people.manager, {"labels": ["ham"] if rng.random() < 0.8 else []})
    predict(key, [{"item": item.pk, "probabilities": {"ham": 0.8, "spam": 0.0}} for item in items])
    card = card_of(several)
    assert card.calibration.n == 40
    assert card.calibration.low == 0.0
    assert [(one.others, one.said) for one in card.confused] == [("", "ham")]


def test_the_card_is_there_over_rest_for_reviewers(crowd, people, api):
    project, items = crowd
    machine, key = add_machine(people.manager, project, name="judge", version="1")
    predict(key, [{"item": item.pk, "label": "ham"} for item in items])
    predict(key, [{"item": items[0].pk, "label": "spam"}], "2")
    listed = api(people.manager).get("/api/v1/projects/sms/machines/").json()["results"]
    assert [one["card"] and one["card"]["predictions"] for one in listed[0]["versions"]] == [None, 1]
    one = api(people.manager).get(f"/api/v1/projects/sms/machines/{machine.pk}/").json()
    card = one["versions"][0]["card"]
    assert (card["agreement"]["count"], card["agreement"]["n"], card["predictions"]) == (40, 60, 60)
    assert card["people"][0].keys() == {"name", "agreement", "lead", "no_worse"}
    assert one["versions"][1]["card"]["agreement"]["value"] == 1.0
