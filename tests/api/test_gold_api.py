"""Gold of items over REST: listed with how people did by it, set, changed and removed by reviewers."""

import pytest

from labeling.models import KnownAnswer
from tests.factories import UserFactory, make_answer, make_items, make_project

pytestmark = pytest.mark.django_db
URL = "/api/v1/projects/sms/gold/"


@pytest.fixture
def reviewing(client, people):
    client.force_login(people.reviewer)
    return client


def test_gold_is_set_changed_listed_and_removed(project, people, reviewing):
    type(project).objects.filter(pk=project.pk).update(overlap=3)
    project.refresh_from_db()
    first, second = make_items(project, ["one", "two"])
    made = reviewing.post(URL, {"item": first.pk, "answer": {"label": "ham"}, "explanation": "So."}, "application/json")
    assert made.status_code == 201
    told = made.json()
    assert (told["item"], told["external_id"], told["answer"], told["origin"]) == (
        first.pk, "row-0", {"label": "ham"}, "hand",
    )  # fmt: skip
    changed = reviewing.post(URL, {"item": first.pk, "answer": {"label": "spam"}}, "application/json")
    assert (changed.status_code, changed.json()["explanation"]) == (200, "")
    reviewing.post(URL, {"item": second.pk, "answer": {"label": "ham"}}, "application/json")
    for n in range(3):
        make_answer(first, UserFactory(), {"label": "ham"}, draw=n + 1)
    make_answer(second, people.annotator, {"label": "ham"})
    rows = reviewing.get(URL).json()["results"]
    assert [(row["item"], row["answers"], row["right"], row["suspicious"]) for row in rows] == [
        (second.pk, 1, 1, False), (first.pk, 3, 0, True),
    ]  # fmt: skip
    assert reviewing.delete(f"{URL}{first.pk}/").status_code == 204
    assert reviewing.delete(f"{URL}{first.pk}/").status_code == 404
    assert list(KnownAnswer.objects.values_list("item", flat=True)) == [second.pk]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answer": {"label": "bacon"}}, "answer"),
        ({"answer": "ham"}, "answer"),
        ({"answer": {"label": "ham"}, "explanation": "x" * 2001}, "explanation"),
        ({"answer": {"label": "ham"}, "why": ""}, "why"),
    ],
)
def test_what_is_wrong_is_named(project, reviewing, body, field):
    (item,) = make_items(project, ["one"])
    refused = reviewing.post(URL, {"item": item.pk, **body}, "application/json")
    assert (refused.status_code, list(refused.json())) == (400, [field])


def test_an_item_of_another_project_is_not_found(project, reviewing, people):
    (other,) = make_items(make_project(manager=people.reviewer), ["one"])
    given = {"item": other.pk, "answer": {"label": "ham"}}
    assert reviewing.post(URL, given, "application/json").status_code == 404
    assert reviewing.delete(f"{URL}{other.pk}/").status_code == 404
