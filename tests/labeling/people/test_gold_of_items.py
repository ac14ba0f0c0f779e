"""Right of asked on the card: by every kind, and who guesses is proposed for a look."""

import pytest

from labeling.kinds import KINDS
from labeling.models import AuditEvent, KnownAnswer, Member, Role
from labeling.selectors.people import people_of
from labeling.services.quality.known_answers import make_gold
from tests.factories import UserFactory, make_answer, make_items, make_project

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "answer", "truth", "labels", "right"),
    [
        ("classification", {"label": "a"}, {"label": "a"}, "abc", True),
        ("classification", {"label": "b"}, {"label": "a"}, "abc", False),
        ("multilabel", {"labels": ["a"]}, {"labels": ["a", "b"]}, "abc", True),
        ("multilabel", {"labels": ["a", "c"]}, {"labels": ["a", "b"]}, "abc", False),
        ("multilabel", {"labels": []}, {"labels": []}, "abc", True),
        ("multilabel", {"labels": ["c"]}, {"labels": []}, "abc", False),
        ("rating", {"rating": 2}, {"rating": 3}, "12345", True),
        ("rating", {"rating": 1}, {"rating": 3}, "12345", False),
        ("rating", {"rating": 2}, {"rating": 3}, "123", False),
        ("rating", {"rating": "b"}, {"rating": "c"}, "abcde", True),
    ],
)
def test_what_passes_for_right(kind, answer, truth, labels, right):
    assert KINDS[kind].is_right(answer, truth, list(labels)) is right


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize("n_labels", [1, 2, 3, 5, 7, 77])
def test_a_guess_has_a_chance_inside_of_zero_and_one(name, n_labels):
    assert 0 < KINDS[name].chance(n_labels) < 1


def test_the_chance_of_a_fine_scale_counts_the_steps_beside():
    assert KINDS["rating"].chance(5) == pytest.approx(13 / 25)
    assert KINDS["rating"].chance(4) == 0.25


@pytest.fixture
def tested():
    """Three labels and twenty items of gold; one person is right in all, one says always the same."""
    project = make_project(labels=("a", "b", "c"), overlap=5)
    careful, careless = UserFactory(username="careful"), UserFactory(username="careless")
    Member.objects.bulk_create(Member(project=project, user=user, role=Role.ANNOTATOR) for user in (careful, careless))
    items = make_items(project, [f"text {n}" for n in range(20)])
    for n, item in enumerate(items):
        KnownAnswer.objects.create(project=project, item=item, answer={"label": "abc"[n % 3]}, origin="import")
        make_answer(item, careful, {"label": "abc"[n % 3]}, reason="gold")
        make_answer(item, careless, {"label": "a"}, reason="gold")
    return project, items


def cards(project):
    return {card.name: card for card in people_of(project).cards}


def test_the_card_says_right_of_asked_with_its_interval_and_who_is_to_be_looked_at(tested):
    project, _ = tested
    found = cards(project)
    careful, careless = found["careful"], found["careless"]
    assert (careful.gold.count, careful.gold.n, careful.verdict) == (20, 20, None)
    assert (careless.gold.count, careless.gold.n) == (7, 20)
    assert careless.gold.low < 7 / 20 < careless.gold.high
    assert "gold answers were wrong" in careless.verdict.sentence


def test_a_manager_waives_what_gold_said_and_the_test_begins_anew(tested, people, browser_of, api):
    """On the page and over REST; the practice round over REST alike, each with its reason on the trail."""
    project, _ = tested
    Member.objects.create(project=project, user=people.manager, role=Role.MANAGER)
    careless = next(card.key.user_id for card in people_of(project).cards if card.name == "careless")
    address = f"/api/v1/projects/{project.slug}/members/careless"
    for given, field in (({}, "reason"), ({"reason": ""}, "reason"), ({"reason": "x", "more": 1}, "more")):
        refused = api(people.manager).post(f"{address}/gold/waive/", given)
        assert (refused.status_code, list(refused.json())) == (400, [field])
    assert 'name="reason"' in browser_of(people.manager).get(f"/p/{project.slug}/members/people/").content.decode()
    told = api(people.manager).post(f"{address}/gold/waive/", {"reason": "new at it"})
    assert (told.status_code, list(told.json())) == (200, ["gold_waived_at"])
    card = cards(project)["careless"]
    assert (card.gold.count, card.gold.n, card.verdict, card.is_proposed_by_gold) == (7, 20, None, False)
    member = Member.objects.get(project=project, user=careless)
    pk, user = member.pk, member.user
    for n, item in enumerate(make_items(project, [f"later {n}" for n in range(20)])):
        KnownAnswer.objects.create(project=project, item=item, answer={"label": "abc"[n % 3]}, origin="import")
        make_answer(item, user, {"label": "a"}, reason="gold")
    assert cards(project)["careless"].is_proposed_by_gold
    page = browser_of(people.manager).post(f"/p/{project.slug}/members/{pk}/gold/", {"reason": "ill"})
    assert page.status_code == 302
    assert cards(project)["careless"].verdict is None
    assert api(user).post(f"{address}/gold/waive/", {"reason": "me"}).status_code == 403
    type(project).objects.filter(pk=project.pk).update(practice_questions=2)
    for do, state in (("reset", ""), ("waive", "waived")):
        told = api(people.manager).post(f"{address}/practice/{do}/", {"reason": do})
        assert (told.status_code, told.json()["due"], told.json()["state"]) == (200, state == "", state)
    trail = AuditEvent.objects.filter(action__regex="^(gold.waived|practice)").order_by("pk")
    whys = [(event.action, event.after["reason"]) for event in trail]
    assert whys == [
        ("gold.waived", "new at it"), ("gold.waived", "ill"), ("practice.reset", "reset"), ("practice.waived", "waive"),
    ]  # fmt: skip


def test_gold_made_by_a_reviewer_does_not_test_the_reviewer(tested, people):
    project, _ = tested
    Member.objects.create(project=project, user=people.manager, role=Role.MANAGER)
    (item,) = make_items(project, ["more"])
    make_answer(item, people.manager, {"label": "b"})
    make_gold(people.manager, item, {"label": "a"})
    assert cards(project)["manager"].gold is None


def test_gold_of_a_label_that_is_in_use_no_more_tests_nobody(tested):
    project, _ = tested
    project.labels.filter(name="b").update(archived=True)
    assert (cards(project)["careful"].gold.n, cards(project)["careless"].gold.n) == (13, 13)
