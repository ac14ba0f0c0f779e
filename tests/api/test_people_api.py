"""People over REST: sorted, filtered, as a file; and what one is told of oneself gives nothing away."""

import csv
import io

import pytest

from labeling.models import Annotation, Context, Pair
from tests.factories import make_answer, make_items, make_project
from tests.labeling.people.test_cards import judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def answered(project, people):
    for person, texts in ((people.annotator, "abc"), (people.reviewer, "d")):
        for item in make_items(project, list(texts)):
            make_answer(item, person, {"label": "ham"})
    return f"/api/v1/projects/{project.slug}/people/"


def names(response):
    return [row["name"] for row in response.json()["results"]]


def test_people_are_sorted_and_filtered(api, people, answered):
    client = api(people.manager)
    assert names(client.get(answered, {"sort": "-answers"}))[:2] == ["annotator", "reviewer"]
    assert names(client.get(answered, {"q": "VIEW"})) == ["reviewer", "viewer"]
    assert names(client.get(answered, {"role": "annotator"})) == ["annotator"]
    found = client.get(answered).json()
    assert found["fast_below_ms"] == 300
    (row,) = (row for row in found["results"] if row["name"] == "annotator")
    assert (row["answers"], row["agreement"], row["skips"]["n"], row["per_week"][-1]) == (3, None, 3, 3)


@pytest.mark.parametrize("given", [{"sort": "height"}, {"role": "king"}, {"format": "xml"}])
def test_what_cannot_be_asked_is_refused_by_name(api, people, answered, given):
    response = api(people.manager).get(answered, given)
    assert response.status_code == 400
    assert list(response.json()) == list(given)


def test_people_as_csv(api, people, answered):
    people.reviewer.username = "=cmd"
    people.reviewer.save()
    response = api(people.manager).get(answered, {"format": "csv", "sort": "-answers"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert [row["name"] for row in rows[:2]] == ["annotator", "'=cmd"]
    assert (rows[0]["answers"], rows[0]["skips_n"], rows[0]["agreement"]) == ("3", "3", "")


def test_ones_own_work_is_the_same_whether_gold_was_right_and_the_others_agree(api, people):
    """Everything that is known of gold, held-out pairs and the others is turned round: nothing one is told changes."""
    project = make_project(kind="pairwise", labels=(), slug="own", manager=people.annotator)
    context = Context.objects.create(project=project, ordinal=0, text="For what?", split="pool", content_hash="c")
    one, two = make_items(project, ["a", "b"])
    pair = Pair.objects.create(project=project, context=context, first=one, second=two, split="pool")
    judge(pair, people.annotator, "left", reason="gold")
    address = f"/api/v1/projects/{project.slug}/people/me/"
    client = api(people.annotator)

    def told():
        return client.get(address).json()

    before = told()
    assert before["answers"] == 0  # kept by the service that records answers
    Pair.objects.filter(pk=pair.pk).update(gold="second", split="eval")
    judge(pair, people.reviewer, "right")
    assert told() == before
    Annotation.objects.filter(annotator=people.annotator).update(answer={"winner": "right"})
    assert told() == before
    assert not {"gold", "eval", "agreement", "split", "reason"} & before.keys()


def test_a_task_that_repeats_an_earlier_one_changes_nothing_the_day_it_is_answered(api, people):
    project = make_project(kind="pairwise", labels=(), slug="own", manager=people.annotator)
    context = Context.objects.create(project=project, ordinal=0, text="For what?", split="pool", content_hash="c")
    one, two = make_items(project, ["a", "b"])
    pair = Pair.objects.create(project=project, context=context, first=one, second=two, split="pool")
    judge(pair, people.annotator, "left")
    for _ in range(6):
        judge(pair, people.annotator, "left", reason="repeat")
    assert api(people.annotator).get(f"/api/v1/projects/{project.slug}/people/me/").json()["consistency"] is None
