"""Gold made by hand: who may, what it does to the item, and that nothing of it reaches who is asked."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from labeling.models import AuditEvent, KnownAnswer, Split
from labeling.selectors.recount import differences
from labeling.services.projects.manage import update_project
from labeling.services.projects.renames import rename_label
from labeling.services.quality.known_answers import make_gold, remove_gold
from labeling.services.validation.errors import Invalid
from tests.factories import make_items, make_project

pytestmark = [pytest.mark.django_db]


def test_a_reviewer_makes_changes_and_removes_gold_and_the_trail_says_so(project, people):
    (item,) = make_items(project, ["one"])
    made = make_gold(people.reviewer, item, {"label": "ham"}, " It says so. ")
    assert (made.answer, made.explanation, made.origin, made.made_by) == (
        {"label": "ham"}, "It says so.", "hand", people.reviewer,
    )  # fmt: skip
    again = make_gold(people.manager, item, {"label": "spam"})
    assert (again.pk, again.answer, KnownAnswer.objects.count()) == (made.pk, {"label": "spam"}, 1)
    assert remove_gold(people.reviewer, item)
    assert not remove_gold(people.reviewer, item)
    trail = AuditEvent.objects.filter(action__startswith="gold.").order_by("pk").values_list("action", "before")
    assert [(action, before.get("answer")) for action, before in trail] == [
        ("gold.set", None), ("gold.set", "ham"), ("gold.removed", "spam"),
    ]  # fmt: skip


def test_annotators_viewers_and_strangers_may_not(project, people):
    (item,) = make_items(project, ["one"])
    for who, refusal in (("annotator", PermissionDenied), ("viewer", PermissionDenied), ("stranger", Http404)):
        with pytest.raises(refusal):
            make_gold(getattr(people, who), item, {"label": "ham"})
        with pytest.raises(refusal):
            remove_gold(getattr(people, who), item)
    assert not KnownAnswer.objects.exists()


@pytest.mark.parametrize(
    ("kind", "labels", "answer", "wrong"),
    [
        ("classification", ("ham", "spam"), {"label": "ham"}, {"label": "bacon"}),
        ("multilabel", ("ham", "spam"), {"labels": ["spam", "ham"]}, {"labels": ["bacon"]}),
        ("rating", ("1", "2", "3"), {"rating": 2}, {"rating": 4}),
    ],
)
def test_every_kind_of_item_question_has_gold(people, kind, labels, answer, wrong):
    project = make_project(kind=kind, labels=labels, manager=people.manager)
    (item,) = make_items(project, ["one"])
    stored = make_gold(people.manager, item, answer).answer
    assert stored == ({"labels": ["ham", "spam"]} if kind == "multilabel" else answer)
    with pytest.raises(Invalid) as refused:
        make_gold(people.manager, item, wrong)
    assert refused.value.field == "answer"


def test_pairs_have_gold_by_their_imports_only(people):
    project = make_project(kind="pairwise", labels=(), manager=people.manager)
    (item,) = make_items(project, ["one"])
    with pytest.raises(Invalid, match="import"):
        make_gold(people.manager, item, {"winner": "left"})


def test_gold_keeps_its_label_when_that_is_renamed(project, people):
    (item,) = make_items(project, ["one"])
    rename_label(people.manager, project, "ham", "bacon")
    assert make_gold(people.manager, item, {"label": "bacon"}).answer == {"label": "ham"}


@pytest.mark.both_databases
def test_where_gold_is_asked_an_item_of_the_pool_is_asked_about_as_gold_alone(project, people):
    pool = make_items(project, ["one", "two"])
    (held,) = make_items(project, ["three"], Split.EVAL)
    update_project(people.manager, project, settings={"overlap": 2})
    for item in (pool[0], held):
        make_gold(people.manager, item, {"label": "ham"})

    def required():
        for item in (*pool, held):
            item.refresh_from_db()
        assert [str(found) for found in differences(project)] == []
        return [(item.annotations_required, item.is_open) for item in (*pool, held)]

    assert required() == [(2, True), (2, True), (2, True)]  # no gold is asked: the item waits for its answers
    update_project(people.manager, project, settings={"gold_share": 0.1})
    assert required() == [(0, False), (2, True), (2, True)]
    make_gold(people.manager, pool[1], {"label": "ham"})
    remove_gold(people.manager, pool[0])
    assert required() == [(2, True), (0, False), (2, True)]
    update_project(people.manager, project, settings={"gold_share": 0.2})
    update_project(people.manager, project, settings={"gold_share": 0})
    assert required() == [(2, True), (2, True), (2, True)]
