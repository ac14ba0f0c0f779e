"""The items that a filter finds are those that a plain look at every item finds, whatever labels are called."""

import itertools
import re

import pytest

from labeling.models import Item, ItemStatus, Split
from labeling.selectors.items import answers_of
from labeling.services.answers.record import take_back
from tests.factories import make_answer, make_items, make_project
from tests.item_views import items_of_view as browse

#: names that hold one another, and what JSON writes otherwise than it is
NAMES = ("x", 'a"x', '"x"', "x}", "é", "\\", '\\"x', "label", "👩‍🔬", "x,")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["classification", "multilabel"])
def test_a_label_finds_the_items_it_was_given_to_and_no_other(people, kind):
    project = make_project(kind=kind, labels=NAMES)
    items = make_items(project, [f"text {n}" for n in range(len(NAMES))])
    for item, name in zip(items, NAMES, strict=True):
        make_answer(item, people.annotator, {"label": name} if kind == "classification" else {"labels": ["x,y", name]})
    for item, name in zip(items, NAMES, strict=True):
        assert [found.pk for found in browse(project, label=name)] == [item.pk], name
    assert not browse(project, label="no such label")


@pytest.fixture
def many(project, people):
    """Items of both sides, in every state, answered and not, one of them by two."""
    pool = make_items(project, ["Free prize", "see you", "prize draw", "100% sure", "under_score", "naïve"])
    evaluated = make_items(project, ["free lunch", "later"], split=Split.EVAL)
    for item, label in ((pool[0], "spam"), (pool[1], "ham"), (evaluated[0], "spam")):
        make_answer(item, people.annotator, {"label": label})
    taken_back = make_answer(pool[2], people.annotator, {"label": "spam"})
    take_back(people.annotator, taken_back.task_id)
    Item.objects.filter(pk=pool[3].pk).update(status=ItemStatus.SET_ASIDE, is_open=False)
    return project


@pytest.mark.django_db
def test_filters_together_find_what_each_of_them_finds(many):
    whole = list(browse(many))
    assert [item.ordinal for item in whole] == list(range(8))
    given = answers_of(whole)
    labels = {item.pk: {row.answer["label"] for row in given[item.pk]} for item in whole}
    choices = {
        "split": ["", "pool", "eval"], "status": ["", *ItemStatus.values], "answered": [None, True, False],
        "label": ["", "spam", "ham"], "q": ["", "FREE", "row-1", "prize", "nothing"],
    }  # fmt: skip

    def fits(item, split, status, answered, label, q):
        held = re.findall(r"\w+", f"{item.text} {item.external_id}".lower())
        *words, last = q.lower().split("-")
        return (
            split in ("", item.split)
            and status in ("", item.status)
            and answered in (None, item.answers > 0)
            and (not label or label in labels[item.pk])
            and set(words) <= set(held)
            and any(word.startswith(last) for word in held)
        )

    for picked in itertools.product(*choices.values()):
        asked = dict(zip(choices, picked, strict=True))
        assert [item.pk for item in browse(many, **asked)] == [one.pk for one in whole if fits(one, **asked)], asked


@pytest.mark.django_db
def test_an_answer_taken_back_is_none(many):
    item = Item.objects.get(project=many, ordinal=2)
    assert answers_of([item]) == {item.pk: []}
    assert item not in browse(many, label="spam")
    assert item in browse(many, answered=False)


@pytest.mark.django_db
def test_what_no_text_can_hold_is_not_found_and_breaks_nothing(many):
    for q in ("\0", "'; --", "\\", '"', "\u2028", "x" * 200):
        assert not browse(many, q=q)


@pytest.mark.django_db
def test_items_of_another_project_are_never_among_them(many, people):
    other = make_project(slug="other", labels=("spam",))
    (item,) = make_items(other, ["free prize"])
    make_answer(item, people.annotator, {"label": "spam"})
    assert item.pk not in {found.pk for found in browse(many, label="spam")} | {
        found.pk for found in browse(many, q="free")
    }
    assert [found.pk for found in browse(other, label="spam", q="prize")] == [item.pk]


def test_who_looks_through_items_is_told_the_file_of_a_picture():
    picture = {"image": "cat/1.png"}
    assert Item(pk=3, asset_id=1, data=picture).shown_name == "cat/1.png"
    assert Item(pk=3, asset_id=1, data=picture, external_id="c1").shown_name == "c1"
    assert Item(pk=3, data=picture).shown_name == "item 3"  # a column of a table that is called so
    assert str(Item(pk=3, asset_id=1, data=picture)) == "item 3"  # what anybody may be told
