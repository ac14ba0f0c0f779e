"""Any judgments of pairs, written in any format that is read back, are what they were, but for what is announced.

Really stored on both sides, for pairs name items that are there. Tables of judgments hold ids alone, so the items go
first, in the same format; data sets hold what the two show; preferences what most people said.
"""

from collections import Counter, defaultdict
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from labeling.models import Annotation, ImportBatch, Item, Pair, Progress, Project, Task, TaskState, User
from labeling.services.exports import export_file, file_name, format_named
from labeling.services.exports.counting import ConversionCount
from labeling.services.imports.row_store import Chunk
from labeling.services.imports.subjects import stores_of
from tests.factories import UserFactory, make_project
from tests.labeling.imports.test_round_trip_cases import (
    CASES,
    CHANGES,
    Kept,
    Read,
    announced,
    built,
    columns,
    differing,
    names,
    read,
    texts,
)
from tests.labeling.test_export import NO_FILTER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_case_anew")]

PURPOSE = "Which one is right?"
WINNERS = ["left", "right", "tie", "neither"]
LEFT, RIGHT, *_ = WINNERS
winners = st.sampled_from(WINNERS)
facts = st.dictionaries(texts.filter(str.strip), st.one_of(texts, st.booleans(), st.integers(-5, 2**70)), max_size=2)


@st.composite
def contents(draw: Any, number: int) -> str:
    """A text that no other item of the case has, now and then one that is JSON as well."""
    form = draw(st.sampled_from(["{}{}", "{}{}", '["{1}"]', '{{"role": {1}}}', "[{1}]"]))
    return str(form.format(draw(texts).replace("\0", ""), number))


Rows = list[dict[str, Any]]
#: A pair by the places of its items, the winner, and on which side the first one stood.
Asked = tuple[int, int, str, bool]


@st.composite
def compared(draw: Any) -> tuple[Rows, Rows, list[Asked]]:
    """Items in their contexts, rows of pairs, and what people are asked besides."""
    items: Rows = []
    contexts: list[range] = []
    held = draw(st.dictionaries(names, columns, max_size=2))
    for place in range(draw(st.integers(1, 2))):
        context: dict[str, Any] = {"text": f"{draw(texts)}{place}"}
        if draw(st.booleans()):
            context["id"] = f"{draw(texts)}{place}"
        if draw(st.booleans()):
            context |= {"purpose": draw(texts), "facts": draw(facts), "split": draw(st.sampled_from(["", "eval"]))}
        begin = len(items)
        for number in range(begin, begin + draw(st.integers(2, 3))):
            fixed = {name: draw(texts) for name in ("group", "origin") if draw(st.booleans())}
            split = {} if fixed.get("group") else {"split": draw(st.sampled_from(["", "pool", "eval"]))}
            data = {name: draw(column) for name, column in held.items() if draw(st.integers(0, 3))}
            id_ = f"{draw(texts)}{number}" if draw(st.booleans()) else f"{number}"
            row = {"id": id_, "text": draw(contents(number)), "context": dict(context), **fixed, **split, **data}
            items.append(row)
        contexts.append(range(begin, len(items)))
    two = st.sampled_from(contexts).flatmap(lambda places: st.permutations(places)).map(lambda places: places[:2])
    pairs: Rows = []
    for _ in range(draw(st.integers(1, 4))):
        left, right = draw(two)
        named = {"left": items[left]["id"], "right": items[right]["id"]}
        judged = {"winner": draw(winners), "annotator": draw(st.sampled_from(["", "ann", "=bob", "é", "007"]))}
        more = {"gold": draw(winners)} if draw(st.integers(0, 3)) == 3 else {}
        more |= {"elapsed_ms": draw(st.integers(0, 2**31 - 1))} if draw(st.booleans()) else {}
        pairs.append({**named, **(judged if draw(st.integers(0, 4)) else {}), **more})
    asked = [(*draw(two), draw(winners), draw(st.booleans())) for _ in range(draw(st.integers(0, 2)))]
    return items, pairs, asked


def put(project: Project, rows: list[Any]) -> list[str]:
    """Stores rows as an import does; why some were refused."""
    refused = []
    for store in stores_of(ImportBatch(project=project, pk=None)):
        mine = [row for row in rows if type(row) is store.row_type]
        store.lock(mine)
        next_ordinal = Progress.objects.values_list("next_ordinal", flat=True).get(project=project)
        stored = store.store(mine, Chunk(project, next_ordinal))
        refused += [no.reason for no in stored.refused]
        moved: dict[str, Any] = {"contexts": F("contexts") + stored.moved["contexts"]}
        if store.counted_as == "items":
            moved["next_ordinal"] = F("next_ordinal") + stored.accepted
        Progress.objects.filter(project=project).update(**moved)
    return refused


def ask(project: Project, rows: Rows, asked: list[Asked], people: list[User]) -> None:
    """Lets each person judge one of the pairs that are there."""
    items = {item.external_id: item for item in Item.objects.filter(project=project)}
    there = {frozenset((pair.first_id, pair.second_id)): pair for pair in Pair.objects.filter(project=project)}
    drawn = {"reason": "random", "pool_size": 10, "propensity": 0.1, "draw": 1, "lease_expires_at": timezone.now()}
    for person, (one, other, winner, turned) in zip(people, asked, strict=False):
        two = [items.get(str(rows[place]["id"]).strip()) for place in (one, other)]
        pair = None not in two and there.get(frozenset(item.pk for item in two))
        if not pair:
            continue
        left = two[turned]
        task = Task.objects.create(
            project=project, pair=pair, left=left, annotator=person, state=TaskState.ANSWERED, **drawn
        )
        answer = {"winner": winner}
        Annotation.objects.create(
            project=project, pair=pair, left=left, task=task, annotator=person, answer=answer, elapsed_ms=1200
        )


def sides(project: Project) -> list[tuple[Any, ...]]:
    """Judgments with both items: left, right, winner, who and how long."""
    rows = Annotation.objects.filter(project=project).select_related("left", "pair__first", "pair__second", "annotator")
    return [
        (
            row.left, row.pair.other(row.left_id), row.answer["winner"],
            row.annotator.username if row.annotator else row.imported_annotator, row.elapsed_ms,
        )
        for row in rows
    ]  # fmt: skip


def judgments(project: Project) -> Counter[tuple[Any, ...]]:
    return Counter((left.external_id, right.external_id, *said) for left, right, *said in sides(project))


def gold(project: Project, judged: set[int] | None = None) -> dict[frozenset[str], str]:
    """What is known of pairs, of judged ones where these are given: the id of the better one, or tie, neither."""
    pairs = Pair.objects.filter(project=project, gold__isnull=False).select_related("first", "second")
    return {
        frozenset((pair.first.external_id, pair.second.external_id)): (
            getattr(pair, pair.gold).external_id if pair.gold in ("first", "second") else pair.gold
        )
        for pair in pairs
        if judged is None or pair.pk in judged
    }


def in_contexts(project: Project) -> dict[str, Kept]:
    """Items by their ids; a context without a purpose of its own has the project's."""
    return {
        item.external_id: Kept(
            (
                item.text, item.in_context.external_id, item.in_context.text, item.in_context.purpose or PURPOSE,
                item.in_context.facts, item.group, item.origin, item.split,
            ),
            item.data,
        )
        for item in Item.objects.filter(project=project).select_related("in_context").order_by("ordinal")
    }  # fmt: skip


def pair_sides(project: Project) -> dict[frozenset[str], str]:
    pairs = Pair.objects.filter(project=project).select_related("first", "second")
    return {frozenset((pair.first.external_id, pair.second.external_id)): pair.split for pair in pairs}


def sent(project: Project, again: Project, name: str, rows: str) -> tuple[ConversionCount, Read]:
    """Writes rows and stores what is read of them in the other project."""
    count = ConversionCount(format_named(name))
    content = b"".join(export_file(project, name, rows, NO_FILTER, count))
    came = read(again, content, file_name(project, name, rows))
    assert came.refused == []
    assert put(again, came.rows) == []
    return count, came


def projects() -> list[Project]:
    return [make_project(kind="pairwise", labels=(), purpose=PURPOSE, split_seed=seed, eval_share=0.2) for seed in "ab"]


def trips(check: Any) -> None:
    """Stores case after case in one project, and lets ``check`` send each into the other."""
    first, second = projects()
    people = UserFactory.create_batch(2)

    @CASES
    @given(compared())
    def one(case: tuple[Rows, Rows, list[Asked]]) -> None:
        items, pairs, asked = case
        with transaction.atomic():
            put(first, built(first, [*items, *pairs]))
            ask(first, items, asked, people)
            if Annotation.objects.filter(project=first).exists():
                check(first, second)
            transaction.set_rollback(True)

    one()


def judged_pairs(project: Project) -> set[int]:
    return set(Annotation.objects.filter(project=project).values_list("pair", flat=True))


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet", "huggingface"])
def test_items_in_contexts_and_then_their_judgments_come_back_but_for_what_is_announced(name):
    def check(first: Project, second: Project) -> None:
        count, _ = sent(first, second, name, "items")
        was, came = in_contexts(first), in_contexts(second)
        assert {id_: item.fixed for id_, item in came.items()} == {id_: item.fixed for id_, item in was.items()}
        changed = Counter(column for id_, item in was.items() for column in differing(item, came[id_]))
        assert changed == announced(count, CHANGES)
        count, _ = sent(first, second, name, "annotations")
        assert count.answers == judgments(first).total()
        assert judgments(second) == judgments(first)
        assert gold(second) == gold(first, judged_pairs(first))
        was_on = pair_sides(first)
        assert all(was_on[pair] == side for pair, side in pair_sides(second).items())

    trips(check)


@pytest.mark.parametrize("name", ["huggingface", "label-studio"])
def test_data_sets_of_judgments_bring_their_items_and_nothing_held_out_is_trained_on(name):
    def check(first: Project, second: Project) -> None:
        sent(first, second, name, "annotations")
        assert judgments(second) == judgments(first)
        assert gold(second) == gold(first, judged_pairs(first))
        was = in_contexts(first)
        for id_, item in in_contexts(second).items():
            assert item.fixed[:5] == was[id_].fixed[:5]
        was_on, now_on = pair_sides(first), pair_sides(second)
        assert {pair for pair, side in now_on.items() if was_on[pair] == "eval"} <= {
            pair for pair, side in now_on.items() if side == "eval"
        }
        if "eval" not in {was_on[pair] for pair in now_on}:
            assert set(now_on.values()) == {"pool"}

    trips(check)


def preferred(project: Project) -> dict[tuple[Any, ...], str]:
    """What most strict answers to a pair said, by context, better and worse one; the side of the pair."""
    votes: defaultdict[frozenset[int], Counter[int]] = defaultdict(Counter)
    items = {}
    for left, right, winner, *_ in sides(project):
        items |= {left.pk: left, right.pk: right}
        if winner in (LEFT, RIGHT):
            votes[frozenset((left.pk, right.pk))][(left if winner == LEFT else right).pk] += 1
    found = {}
    for two, counts in votes.items():
        one, other = sorted(two, key=lambda pk: -counts[pk])
        if counts[one] > counts[other]:
            shown = [(items[pk].external_id, items[pk].text) for pk in (one, other)]
            side = "pool" if items[one].split == items[other].split == "pool" else "eval"
            found[items[one].context, *shown] = side
    return found


@pytest.mark.parametrize("name", ["trl-preference", "trl-preference-chat", "openai-preference"])
def test_what_most_people_preferred_comes_back_as_a_judgment_a_pair(name):
    def without_ids(found: dict[tuple[Any, ...], str]) -> set[tuple[str, ...]]:
        return {(context, better[1], worse[1]) for context, better, worse in found}

    def check(first: Project, second: Project) -> None:
        was = preferred(first)
        if not was:
            return  # a file without a row is none
        count, _ = sent(first, second, name, "preferences")
        came = preferred(second)
        assert count.rows == len(came) == len(was)
        lost = {lost.column: lost.rows for lost in count.lost.listed()}
        if name == "openai-preference":
            assert without_ids(came) == without_ids(was)
            assert {lost[column] for column in ("split", "chosen_external_id", "votes_chosen")} == {len(was)}
        else:
            assert came.keys() == was.keys()
            assert all(came[pair] == "eval" for pair, side in was.items() if side == "eval")
            assert "split" not in lost

    trips(check)
