"""Where the next hour would pay stands on the models page and in the metrics, with what second opinions have shown."""

import pytest

from labeling.models import Annotation, Item, Member, Role, Split
from labeling.selectors.throughput import answers_an_hour
from learning.families.labels import next_hour
from learning.models import ModelVersion
from learning.selectors.second_opinions import evidence_of, opinion_evidence
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import UserFactory, make_answer, make_answers, make_items
from tests.learning.people import answer_some, texts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


@pytest.fixture
def second(project):
    person = UserFactory()
    Member.objects.create(project=project, user=person, role=Role.ANNOTATOR)
    return person


def opine(item, person, label: str) -> None:
    Item.objects.filter(pk=item.pk).update(annotations_required=2, extra_slots=1)
    item.refresh_from_db()
    make_answer(item, person, {"label": label}, reason="second_opinion" if item.split == Split.POOL else "eval")


def answered(project, person, split: Split, n: int, name: str) -> list[Item]:
    items = make_items(project, [f"{name} {number}" for number in range(n)], split=split)
    make_answers((item, person, {"label": "ham"}) for item in items)
    return items


def test_every_way_has_its_estimate_on_the_page_and_in_the_metrics(project, people, second, client, api):
    every = texts(150)
    make_items(project, every[:100])
    make_items(project, every[100:], split=Split.EVAL)
    answer_some(project, people.annotator, 30)
    answer_some(project, people.annotator, 40, Split.EVAL)
    run_training(decide(project.pk, "manual").pk)
    found = ModelVersion.objects.get().reported.next_hour
    assert found["more"] is None, "no version before it learned from half"
    answer_some(project, people.annotator, 30)
    wrong = Annotation.objects.filter(item__split=Split.POOL).order_by("pk")[10]
    Annotation.objects.filter(pk=wrong.pk).update(answer={"label": "spam" if wrong.answer["label"] == "ham" else "ham"})
    for item in Item.objects.filter(split=Split.EVAL, answers=1)[:10]:
        opine(item, second, Annotation.objects.get(item=item).answer["label"])
    run_training(decide(project.pk, "manual").pk)
    found = ModelVersion.objects.newest_first().first().reported.next_hour
    assert all(found[name]["low"] <= found[name]["value"] <= found[name]["high"] for name in ("more", "relabels"))
    assert found["wide"][1] < found["wide"][0]
    told = api(people.viewer).get("/api/v1/projects/sms/metrics/").json()["next_hour"]
    assert told["unit"] == "labels right by 100 answers"
    assert told["more"]["value"] == pytest.approx(found["more"]["value"])
    assert told["answers_an_hour"] == answers_an_hour(project) == 3_000
    client.force_login(people.manager)
    page = client.get("/p/sms/models/").content.decode()
    for words in (
        "Where would the next hour pay?",
        "Relabels",
        "more accuracy would be known to within",
        "3,000 answers an hour",
    ):
        assert words in page
    assert api(people.stranger).get("/api/v1/projects/sms/metrics/").status_code == 404


def test_before_a_model_there_is_nothing_to_say(project, people, api, client):
    told = api(people.manager).get("/api/v1/projects/sms/metrics/").json()
    assert (told["next_hour"], told["second_opinions"]["text"]) == ({}, "")
    client.force_login(people.manager)
    assert b"next hour" not in client.get("/p/sms/models/").content


@pytest.mark.parametrize(
    ("opinions", "pairs", "says"),
    [
        ((3, 4), (0, 20), "too few to say"),
        ((15, 30), (1, 30), "they pay"),
        ((3, 30), (2, 30), "cannot be said yet"),
        ((0, 40), (20, 40), "they do not pay"),
    ],
)
def test_whether_second_opinions_pay_is_said_against_chance(opinions, pairs, says):
    found = evidence_of(*opinions, *pairs)
    assert found.contradicted["n"] == opinions[1]
    assert says in found.text


def test_what_is_held_against_chance_is_counted(project, people, second, api):
    for number, item in enumerate(answered(project, people.annotator, Split.POOL, 6, "pool")):
        opine(item, second, "spam" if number < 4 else "ham")
    for number, item in enumerate(answered(project, people.annotator, Split.EVAL, 5, "eval")):
        opine(item, second, "spam" if number < 1 else "ham")
    assert opinion_evidence(project) == evidence_of(4, 6, 1, 5)
    told = api(people.viewer).get("/api/v1/projects/sms/metrics/").json()["second_opinions"]
    assert told["contradicted"]["value"] == pytest.approx(4 / 6)


def test_it_is_not_measured_for_kinds_whose_answers_are_not_right_or_wrong(project, people, monkeypatch):
    monkeypatch.setattr(next_hour.leaning, "errors_of", pytest.fail)
    type(project).objects.filter(pk=project.pk).update(kind="multilabel")
    items = make_items(project, texts(60))
    for item in items[:40]:
        make_answer(item, people.annotator, {"labels": ["ham"] if item.ordinal % 2 else ["spam"]})
    run_training(decide(project.pk, "manual").pk)
    assert ModelVersion.objects.get().reported.next_hour == {}
