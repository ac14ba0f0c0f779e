"""What nobody is left to be asked about is set aside, counted, and can be put back."""

import pytest

from labeling.models import Item, Member, Pair, Task
from labeling.selectors.items import history
from labeling.selectors.progress import progress, set_aside_by_reason
from labeling.selectors.recount import differences
from labeling.services.answers.record import record_answer, skip, take_back
from labeling.services.answers.skips import settle_skipped
from labeling.services.items.status import restore
from labeling.services.projects.manage import remove_member, set_member
from labeling.services.quality.quarantine import set_in_quarantine
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from tests.factories import UserFactory, make_items, make_project
from tests.item_views import items_of_view

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@pytest.fixture
def two(people):
    """Two annotators and a manager who never labels."""
    project = make_project(slug="two", manager=people.manager, random_share=1.0)
    people.one, people.other = (UserFactory() for _ in range(2))
    for user in (people.one, people.other):
        Member.objects.create(project=project, user=user, role="annotator")
    make_items(project, ["hm"])
    yield project
    assert [str(one) for one in differences(project)] == []


def skipped(user, project, reason="unclear"):
    (task,) = next_tasks(user, project, 1)
    return skip(user, task.pk, reason)


def item_of(project) -> tuple[str, str, bool]:
    return Item.objects.values_list("status", "set_aside_because", "is_open").get(project=project)


OPEN, ASIDE = ("active", "", True), ("set_aside", "everybody", False)


def test_one_doubt_waits_for_the_other_and_two_settle_it(two, people):
    skipped(people.one, two)
    assert item_of(two) == OPEN
    skipped(people.other, two)
    assert item_of(two) == ASIDE
    assert next_tasks(people.manager, two, 1) == []
    assert (progress(two)["set_aside"], set_aside_by_reason(two)) == (1, {"everybody": 1})
    assert len(items_of_view(two, because="everybody")) == 1
    assert items_of_view(two, because="broken") == []


def test_who_labels_alone_is_everybody(people):
    project = make_project(slug="alone", manager=people.manager)
    make_items(project, ["hm", "ham"])
    task = skipped(people.manager, project)
    assert list(Item.objects.filter(project=project, status="set_aside").values_list("pk", flat=True)) == [task.item_id]
    take_back(people.manager, task.pk)
    assert not Item.objects.filter(project=project, status="set_aside").exists()
    record_answer(people.manager, task.pk, {"label": "ham"})
    assert Item.objects.get(pk=task.item_id).answers == 1
    assert [str(one) for one in differences(project)] == []


def test_a_manager_or_reviewer_who_labels_is_waited_for(two, people):
    make_items(two, ["ham"])
    for task in next_tasks(people.manager, two, 1):
        record_answer(people.manager, task.pk, {"label": "ham"})
    left = Item.objects.get(project=two, answers=0)
    for user in (people.one, people.other):
        skipped(user, two)
    assert (left.status, Item.objects.get(pk=left.pk).is_open) == ("active", True)
    (task,) = next_tasks(people.manager, two, 1)
    assert task.item_id == left.pk


def test_what_somebody_answered_stays_and_waits(people, two):
    Item.objects.filter(project=two).update(annotations_required=2)
    for task in next_tasks(people.one, two, 1):
        record_answer(people.one, task.pk, {"label": "ham"})
    skipped(people.other, two)
    assert item_of(two)[0] == "active"


def test_the_skip_of_who_holds_it_still_counts_as_none(two, people):
    Item.objects.filter(project=two).update(annotations_required=2)
    (held,) = next_tasks(people.other, two, 1)
    skipped(people.one, two)
    assert item_of(two)[0] == "active"
    skip(people.other, held.pk, "unclear")
    assert item_of(two) == ASIDE


@pytest.mark.parametrize("leave", [
    lambda project, people: remove_member(project, people.other, by=people.manager),
    lambda project, people: set_member(project, people.other, "viewer", by=people.manager),
    lambda project, people: set_in_quarantine(people.manager, project, people.other.username, "guesses"),
])  # fmt: skip
def test_when_the_last_who_could_be_asked_leaves_it_is_settled(two, people, leave):
    third = UserFactory()
    Member.objects.create(project=two, user=third, role="annotator")
    for user in (people.one, third):
        skipped(user, two)
    assert item_of(two) == OPEN
    leave(two, people)
    assert item_of(two) == ASIDE
    assert settle_skipped(two) == 0


def test_a_reviewer_puts_it_back_and_it_is_asked_again(two, people):
    for user in (people.one, people.other):
        skipped(user, two)
    restore(people.manager, Item.objects.get(project=two))
    assert item_of(two) == OPEN
    told = [event.what for event in history(Item.objects.get(project=two))]
    assert told.count("skipped") == 2
    assert "expired" not in told
    (task,) = next_tasks(people.one, two, 1)
    record_answer(people.one, task.pk, {"label": "ham"})
    assert Task.objects.filter(project=two, state="skipped").count() == 0


def test_an_undone_skip_opens_it_again(two, people):
    skipped(people.one, two)
    task = skipped(people.other, two)
    take_back(people.other, task.pk)
    assert item_of(two)[0] == "active"
    Task.objects.filter(pk=task.pk).update(lease_expires_at="2020-01-01T00:00:00Z")
    expire_overdue()
    assert item_of(two) == OPEN


def test_pairs_too(people):
    project = make_project(slug="pairs", kind="pairwise", labels=(), manager=people.manager)
    from labeling.services.imports import run_import, start_import

    rows = [{"id": name, "text": name, "context": "c"} for name in "ab"]
    run_import(start_import(people.manager, project, rows=rows).pk)
    skipped(people.manager, project)
    assert Pair.objects.values_list("status", "set_aside_because").get(project=project) == ("set_aside", "everybody")
    assert [str(one) for one in differences(project)] == []


def test_pages_and_rest_count_and_find_it(two, people, browser_of, api):
    for user in (people.one, people.other):
        skipped(user, two)
    client = api(people.manager)
    found = client.get(f"/api/v1/projects/{two.slug}/items/?because=everybody").json()["results"]
    assert [(row["status"], row["set_aside_because"]) for row in found] == [("set_aside", "everybody")]
    assert client.get(f"/api/v1/projects/{two.slug}/items/?because=unclear").json()["results"] == []
    assert client.get(f"/api/v1/projects/{two.slug}/items/?because=x").status_code == 400
    assert client.get(f"/api/v1/projects/{two.slug}/metrics/").json()["set_aside"] == {"everybody": 1}
    browser = browser_of(people.manager)
    page = " ".join(browser.get(f"/p/{two.slug}/").content.decode().split())
    assert "1 skipped by everybody" in page
    listed = " ".join(browser.get(f"/p/{two.slug}/items/?status=set_aside&because=everybody").content.decode().split())
    assert "skipped by everybody who could be asked" in listed
    one = browser.get(f"/p/{two.slug}/items/{found[0]['id']}/").content.decode()
    assert "put once more to those who skipped it" in one
