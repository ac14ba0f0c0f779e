"""Items are found by their words, spelled however, in any order of anything else that is asked."""

from importlib import import_module

import pytest
from django.urls import reverse

from labeling.db.folded_words import LONGEST, folded, words_of
from labeling.models import FacetIndex, Item, WordBlock
from labeling.selectors.item_view import search
from labeling.services.item_index import go_on, up_to_date
from labeling.services.item_index import words as indexing
from tests.factories import make_answer, make_items, make_project
from tests.item_views import counts_of_view, items_of_view, page_of_view

LOOK = import_module("labeling.selectors.item_view.look")  # the name itself is that of its function
TEXTS = (
    "Free prize draw", "A PRIZE for the freest", "Café Ångström, straße", "don't stop-it now", "東京都の天気", "東の京",
    "ไทยแลนด์", "naïve ﬁne №7 2026", "Ελλάδα ЁЛКА й", "prize free", "💥 x_y", "", "x" * 60,
)  # fmt: skip
#: What is asked, and the ordinals that are found.
FOUND = {
    "prize": [0, 1, 9], "PRIZE free": [0, 1, 9], "free prize": [0, 9], "fre": [0, 1, 9], "freest": [1],
    "f": [0, 1, 7, 9], "free draw": [0], "ize": [], "cafe": [2], "CAFÉ": [2], "angstrom": [2], "STRASSE": [2],
    "straß": [2], "don't": [3], "stop it": [3], "東京": [4], "天気": [4], "東": [4, 5], "京": [4, 5], "天 東": [4],
    "東京都": [4], "都京": [], "แลนด": [6], "naive fine": [7], "fi": [7], "20": [7], "ελλαδα": [8], "елка": [8],
    "И": [8],
    "y": [10], "row 4": [3, 4], "row-1": [1, 10, 11, 12], "x": [10, 12], "x" * 60: [12], '"free prize"': [0],
    '"prize free"': [9], '"PRIZE for the"': [1], '"東京都"': [4], '"rize free"': [], '"prize"': [0, 1, 9],
    '"prize" dra': [0], "colour:red": [2, 3], "COLOUR:re": [2, 3], "red": [1, 2, 3], "size:4": [3], "4": [3, 4],
    'colour:"dark red"': [2], "true": [3], "1.5": [], "12:30": [], "%": [], '"': [], "at night": [6], "; --": [],
    "tags:new": [4], "free colour:red": [],
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.both_databases
def test_words_find_the_items_that_hold_them(people, monkeypatch):
    project = make_project(overlap=2, manager=people.manager, columns=["Colour", "size", "tags"])
    items = make_items(project, list(TEXTS))
    columns = {
        1: {"note": "red"}, 2: {"Colour": "dark red"}, 3: {"Colour": "reddish", "size": 4, "ok": True, "weight": 1.5},
        4: {"tags": ["old", "new"]},
    }  # fmt: skip
    for ordinal, data in columns.items():
        Item.objects.filter(pk=items[ordinal].pk).update(data=data)
    Item.objects.filter(pk=items[6].pk).update(context="at night")
    for found in (FOUND, dict([*FOUND.items()][::8])):
        if found is not FOUND:  # in parts of any size, and a part twice
            FacetIndex.objects.update(worded=0)
            WordBlock.objects.filter(project=project).delete()
            for start, most in ((0, 3), (1, 4), (5, 1), (6, 90)):
                FacetIndex.objects.update(worded=start)
                indexing.index_words(project, most)
        pages = {asked: page_of_view(project, q=asked) for asked in found}
        assert {asked: [item.ordinal for item in page.items] for asked, page in pages.items()} == found
        assert {asked: page.total for asked, page in pages.items()} == {asked: len(of) for asked, of in found.items()}
    monkeypatch.setattr(search, "MOST_ROWS", 0)  # too many words begin so: the texts are read
    assert [item.ordinal for item in items_of_view(project, q="a free")] == [1]
    monkeypatch.setattr(LOOK, "_AT_FIRST", 1)  # and no more of them than a page has time for
    monkeypatch.setattr(LOOK, "CHARACTERS_LOOKED_THROUGH", 10)
    page, held = page_of_view(project, q='"prize free"'), []
    assert (page.stopped, page.total, page.items) == (1, None, [])
    while page.older:
        page = page_of_view(project, q='"prize free"', cursor=page.older)
        held += page.items
    assert [item.ordinal for item in held] == [9]
    monkeypatch.undo()
    make_answer(items[1], people.annotator, {"label": "spam"})
    assert [item.ordinal for item in items_of_view(project, q="prize", label="spam", sort="newest")] == [1]
    assert counts_of_view(project, "answered", q="prize") == {"answered": {"yes": 1, "no": 2}}
    second = page_of_view(project, limit=1, q="prize", cursor=page_of_view(project, limit=1, q="prize").older)
    assert ([item.ordinal for item in second.items], second.total) == ([1], 3)
    assert not items_of_view(make_project(), q="prize")


@pytest.mark.django_db
def test_many_words_are_left_to_a_worker_and_the_page_says_so(client, people, monkeypatch):
    project = make_project(manager=people.manager)
    make_items(project, [f"word number {n} of them" for n in range(301)])
    assert up_to_date(project).worded == 0
    client.force_login(people.manager)
    address = reverse("pages:items", args=[project.slug])
    assert "301\n    items cannot be searched yet" in client.get(address, {"q": "number"}).content.decode()
    monkeypatch.setattr(indexing, "MOST_PLACES", 1_000)  # long texts: in smaller steps
    assert go_on(project.pk) == 301
    assert (up_to_date(project).worded, page_of_view(project, limit=1, q="numb").total) == (301, 301)


@pytest.mark.parametrize("text", ["a  b", "É", "A" * 90, "İ", "ﬀ", "\ud800x", "K™", "が", "한국어", "हिन्दी"])
def test_folding_twice_is_folding_once(text):
    assert folded(folded(text)) == folded(text)
    assert all(0 < len(word) <= LONGEST for word in words_of(text))
