"""The items browser and one item's page."""

import pytest

from labeling.models import Item, ItemStatus, Task
from labeling.pages.item_list import ITEMS_PER_PAGE
from labeling.services.quality.known_answers import make_gold
from tests.factories import make_answer, make_items


@pytest.fixture
def listed(project, browser_of, people):
    """``listed(query)`` is the identifiers on the page."""

    def get(query=""):
        response = browser_of(people.viewer).get(f"/p/{project.slug}/items/{query}")
        return [row["item"].external_id for row in response.context["rows"]]

    return get


def test_filters(project, people, listed):
    items = make_items(project, ["free prize", "see you", "call me"])
    make_items(project, ["measured"], split="eval")
    make_answer(items[0], people.annotator, {"label": "spam"})
    Item.objects.filter(pk=items[2].pk).update(status=ItemStatus.SET_ASIDE, is_open=False)
    assert listed() == ["row-0", "row-1", "row-2", "row-3"]
    assert listed("?split=eval") == ["row-3"]
    assert listed("?answered=yes") == ["row-0"]
    assert listed("?answered=no&split=pool") == ["row-1", "row-2"]
    assert listed("?label=spam") == ["row-0"]
    assert listed("?label=ham") == []
    assert listed("?status=set_aside") == ["row-2"]
    assert listed("?q=PRIZE") == ["row-0"]
    assert listed("?q=row-1") == ["row-1"]
    assert listed("?split=nonsense&answered=x&after=y&before=z") == ["row-0", "row-1", "row-2", "row-3"]


def test_facets_are_links_with_counts_that_tell_nobody_what_is_not_theirs_to_know(project, people, browser_of, api):
    items = make_items(project, ["free prize", "see you", "call me", "later"])
    make_answer(items[0], people.annotator, {"label": "spam"})
    make_answer(items[1], people.annotator, {"label": "ham"})
    make_gold(people.reviewer, items[1], {"label": "ham"})
    address, rest = f"/p/{project.slug}/items/", f"/api/v1/projects/{project.slug}/items/"
    told = {}
    for user in (people.viewer, people.reviewer):
        facets = api(user).get(f"{rest}facets/", {"answered": "true"}).json()["facets"]
        told[user.username] = {
            facet["name"]: {value["value"]: value["n"] for value in facet["values"]} for facet in facets
        }
    reviewer, viewer = told["reviewer"], told["viewer"]
    assert reviewer["label"] == {"ham": 1, "spam": 1}
    assert (reviewer["annotator"], reviewer["gold"]) == ({"annotator": 2}, {"yes": 1, "no": 1})
    assert reviewer["answered"] == {"yes": 2, "no": 2}
    (pseudonym,) = viewer["annotator"]
    assert pseudonym.startswith("person-")
    assert "gold" not in viewer
    found = api(people.viewer).get(rest, {"annotator": pseudonym, "sort": "newest", "limit": 1}).json()
    assert (found["total"], found["results"][0]["external_id"], found["previous"]) == (2, "row-1", None)
    following = api(people.viewer).get(found["next"]).json()
    assert [row["external_id"] for row in following["results"]] == ["row-0"]
    assert api(people.viewer).get(rest, {"annotator": "annotator"}).json()["total"] == 0  # no name can be tried out
    assert api(people.viewer).get(rest, {"gold": "true"}).status_code == 403
    assert api(people.annotator).get(f"{rest}facets/").status_code == 403
    assert "Gold" not in browser_of(people.viewer).get(f"{address}?gold=yes").content.decode()
    page = browser_of(people.reviewer).get(f"{address}?gold=yes&label=ham")
    assert [row["item"].external_id for row in page.context["rows"]] == ["row-1"]
    content = page.content.decode()
    assert 'href="?label=ham"' in content  # takes gold away
    assert f'/items/{items[1].pk}/?label=ham&amp;gold=yes"' in content
    one = browser_of(people.reviewer).get(f"{address}{items[0].pk}/?answered=yes&sort=newest").content.decode()
    assert f'/items/{items[1].pk}/?answered=yes&amp;sort=newest"' in one


def test_pages_forth_and_back_without_gap_or_repeat(project, people, browser_of):
    make_items(project, [f"text {n}" for n in range(2 * ITEMS_PER_PAGE + 7)])
    client = browser_of(people.viewer)
    address, seen, pages = f"/p/{project.slug}/items/?split=pool", [], []
    while True:
        page = client.get(address).context["page"]
        pages.append(page)
        seen += [item.ordinal for item in page.items]
        if not page.older:
            break
        assert "split=pool" in page.older
        address = f"/p/{project.slug}/items/?{page.older}"
    assert seen == list(range(2 * ITEMS_PER_PAGE + 7))
    assert [len(page.items) for page in pages] == [ITEMS_PER_PAGE, ITEMS_PER_PAGE, 7]
    back = client.get(f"/p/{project.slug}/items/?{pages[2].newer}").context["page"]
    assert [item.ordinal for item in back.items] == [item.ordinal for item in pages[1].items]
    first = client.get(f"/p/{project.slug}/items/?{back.newer}").context["page"]
    assert first.newer == ""


def test_no_query_a_row(project, people, browser_of, django_assert_max_num_queries):
    for item in make_items(project, [f"text {n}" for n in range(ITEMS_PER_PAGE)]):
        make_answer(item, people.annotator, {"label": "spam"})
    client = browser_of(people.viewer)
    client.get(f"/p/{project.slug}/items/")  # which brings the index up to date
    with django_assert_max_num_queries(26):
        client.get(f"/p/{project.slug}/items/")


def test_says_what_to_do_when_there_is_nothing(project, people, browser_of):
    address = f"/p/{project.slug}/items/"
    assert "Import items" in browser_of(people.manager).get(address).content.decode()
    assert "Import items" not in browser_of(people.viewer).get(address).content.decode()
    make_items(project, ["one"])
    assert "No item fits these filters." in browser_of(people.viewer).get(f"{address}?q=zzz").content.decode()


def test_one_item_tells_its_history_and_why_it_was_asked(project, people, browser_of):
    item = make_items(project, ["<b>free</b> prize"])[0]
    make_answer(item, people.annotator, {"label": "spam"}, reason="strategy", strategy="margin", propensity=0.0125)
    content = browser_of(people.reviewer).get(f"/p/{project.slug}/items/{item.pk}/").content.decode()
    assert "&lt;b&gt;free&lt;/b&gt; prize" in content
    for fact in ("Put to <strong>annotator</strong>", "spam", "Why: chosen by margin", "0.0125", "after 1,200 ms"):
        assert fact in content


def test_another_projects_item_is_not_here(project, people, browser_of):
    from tests.factories import make_project

    item = make_items(make_project(slug="other"), ["secret"])[0]
    assert browser_of(people.manager).get(f"/p/{project.slug}/items/{item.pk}/").status_code == 404


def test_a_reviewer_sets_aside_and_restores(project, people, browser_of):
    item = make_items(project, ["one"])[0]
    client = browser_of(people.reviewer)
    client.post(f"/p/{project.slug}/items/{item.pk}/set-aside/")
    item.refresh_from_db()
    assert (item.status, item.is_open) == (ItemStatus.SET_ASIDE, False)
    page = client.get(f"/p/{project.slug}/items/{item.pk}/").content.decode()
    assert "Restore the item" in page
    client.post(f"/p/{project.slug}/items/{item.pk}/restore/")
    item.refresh_from_db()
    assert (item.status, item.is_open) == (ItemStatus.ACTIVE, True)


def test_skips_stand_in_the_history(project, people, browser_of):
    from django.utils import timezone

    item = make_items(project, ["one"])[0]
    now = timezone.now()
    Task.objects.create(
        project=project, item=item, annotator=people.annotator, state="skipped", skip_reason="broken", skipped_at=now,
        lease_expires_at=now, reason="eval",
    )  # fmt: skip
    content = browser_of(people.reviewer).get(f"/p/{project.slug}/items/{item.pk}/").content.decode()
    assert "Skipped by <strong>annotator</strong> as broken" in content
