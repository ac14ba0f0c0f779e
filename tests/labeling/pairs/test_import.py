"""Contexts, items, given pairs, gold and judgments from files: what goes in, what is refused and why."""

import orjson
import pytest

from labeling.models import Annotation, Context, Item, Pair, Progress, Split
from labeling.services.imports.contexts import held_out
from tests.labeling.pairs.conftest import arguments, consistent, counts, item, item_rows, pair, reasons

pytestmark = pytest.mark.django_db


def lines(rows) -> bytes:
    return b"\n".join(orjson.dumps(row) for row in rows)


def test_items_get_their_context_and_a_place_in_it(filled):
    assert Context.objects.count() == 2
    for context in Context.objects.all():
        assert list(context.members.order_by("place").values_list("place", flat=True)) == [0, 1, 2, 3]
        assert (context.items, context.pool_active, context.eval_active) == (4, 4, 0)
    assert item("c1i2").context == "Debate 1?"
    assert Progress.objects.get(project=filled).pool_partnered == 8
    consistent(filled)


def test_flat_columns_say_the_same_as_an_object(debates, bring_in):
    content = (
        "id,text,context_id,context,context_purpose,context_fact.Price,context_fact.Place\n"
        "a,one,q1,Cheap tea,For a gift,4 €,Kyoto\nb,two,q1,,,,\n"
    )
    assert counts(bring_in(debates, content.encode())) == ("done", 2, 0, 0)
    context = Context.objects.get()
    assert (context.external_id, context.text, context.purpose) == ("q1", "Cheap tea", "For a gift")
    assert context.facts == [["Price", "4 €"], ["Place", "Kyoto"]]
    assert item("b").in_context == context
    assert item("b").data == {}


def test_contexts_without_an_id_are_told_apart_by_what_they_say(debates, bring_in):
    rows = [
        {"id": "a", "text": "one", "context": "Cheap tea"},
        {"id": "b", "text": "one", "context": {"text": "Cheap tea", "purpose": "For a gift"}},
        {"id": "c", "text": "two", "context": "Cheap tea"},
    ]
    assert counts(bring_in(debates, rows)) == ("done", 3, 0, 0)
    assert item("a").in_context == item("c").in_context != item("b").in_context


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ({"id": "x", "text": "no context"}, "context", "There is no context"),
        ({"id": "x", "text": "t", "context": ""}, "context", "There is no context"),
        ({"id": "x", "text": "t", "context": {"id": "c9"}}, "context_id", "no context 'c9' yet"),
        ({"id": "x", "text": "t", "context": {"id": "c1", "text": "Other?"}}, "context", "another text"),
        ({"id": "x", "text": "t", "context": {"id": "c1", "facts": {"a": 1}}}, "context", "another facts"),
        ({"id": "x", "text": "t", "context": {"name": "c1"}}, "context", "has no 'name'"),
        ({"id": "x", "text": "t", "context": {"text": "q", "facts": [1]}}, "context", "Facts are an object"),
        ({"id": "x", "text": "t", "context": ["q"]}, "context", "a list"),
        ({"id": "x", "text": "t", "context": {"text": "q\0"}}, "context", "NUL"),
        ({"id": "x", "text": "t", "context": "q", "context_id": 3, "label": "left"}, "label", "have no label"),
        ({"id": "x", "text": "argument 1 of debate 0", "context": {"id": "c0"}}, "id", "already, as c0i1"),
        ({"id": "c0i1", "text": "else", "context": {"id": "c0"}}, "id", "Another item has this id"),
        ({"left": "c0i1", "right": "c1i1"}, "right", "different contexts"),
        ({"left": "c0i1", "right": "c0i1"}, "right", "with itself"),
        ({"left": "c0i1", "right": "nobody"}, "right", "no item 'nobody'"),
        ({"left": "c0i1"}, "right", "needs the ids of both"),
        ({"left": "c0i1", "right": ["c0i2"]}, "right", "a list"),
        ({"left": "c0i1", "right": "c0i2", "winner": "both"}, "winner", "not one of left, right, tie, neither"),
        ({"left": "c0i1", "right": "c0i2", "winner": {"winner": "left"}}, "winner", "not one of"),
        ({"left": "c0i1", "right": "c0i2", "gold": "first"}, "gold", "not one of"),
        ({"left": "c0i1", "right": "c0i2", "winner": "left", "elapsed_ms": -1}, "elapsed_ms", "milliseconds"),
        ({"left": "c0i1", "right": "c0i2", "winner": "left", "annotator": "x" * 200}, "annotator", "150"),
    ],
)
def test_bad_rows_are_rejected_with_number_field_and_reason(filled, bring_in, row, field, words):
    batch = bring_in(filled, [row, {"id": "good", "text": "good", "context": {"id": "c1"}}])
    assert counts(batch) == ("done", 1, 0, 1)
    rejection = batch.rejections.get()
    assert (rejection.row, rejection.field) == (1, field)
    assert words in rejection.reason
    assert not Pair.objects.exists()
    consistent(filled)


def test_the_same_file_again_changes_nothing(filled, bring_in):
    judged = [
        {"left": "c0i0", "right": "c0i1", "winner": "left", "annotator": "ann"},
        {"left": "c0i2", "right": "c0i1", "gold": "tie"},
        {"left": "c1i2", "right": "c1i1"},
    ]
    assert counts(bring_in(filled, judged)) == ("done", 3, 0, 0)
    before = list(Pair.objects.values()), list(Annotation.objects.values())
    assert counts(bring_in(filled, item_rows() + judged)) == ("done", 0, 11, 0)
    assert before == (list(Pair.objects.values()), list(Annotation.objects.values()))
    consistent(filled)


def test_judgments_keep_their_side_and_their_annotator(filled, bring_in):
    rows = [
        {"left": "c0i3", "right": "c0i1", "winner": "left", "annotator": "ann", "elapsed_ms": 1200},
        {"left": "c0i1", "right": "c0i3", "winner": "left", "annotator": "ann"},
        {"left": "c0i1", "right": "c0i3", "winner": "neither", "annotator": "bob"},
        {"left": "c0i1", "right": "c0i3", "winner": "tie", "annotator": "bob"},
    ]
    batch = bring_in(filled, rows)
    assert counts(batch) == ("done", 3, 0, 1)
    assert "'bob' has judged this pair otherwise" in reasons(batch)[4]
    stored = Annotation.objects.order_by("pk").values_list(
        "left__external_id", "answer__winner", "imported_annotator", "elapsed_ms", "source"
    )
    assert list(stored) == [
        ("c0i3", "left", "ann", 1200, "import"),
        ("c0i1", "left", "ann", None, "import"),
        ("c0i1", "neither", "bob", None, "import"),
    ]
    assert pair("c0i1", "c0i3").is_given
    consistent(filled)


def test_gold_is_kept_whichever_side_it_was_given_on(filled, bring_in):
    rows = [
        {"left": "c0i3", "right": "c0i1", "gold": "left"},
        {"left": "c0i1", "right": "c0i3", "gold": "right"},
        {"left": "c0i1", "right": "c0i3", "gold": "left"},
    ]
    batch = bring_in(filled, rows)
    assert counts(batch) == ("done", 1, 1, 1)
    assert "another gold" in reasons(batch)[3]
    assert pair("c0i1", "c0i3").gold == "second"


def test_a_file_of_pairs_alone_is_read_from_every_format(filled, bring_in):
    for number, (content, name) in enumerate(
        [
            (b"left,right,winner,annotator\nc0i0,c0i1,left,csv\n", "pairs.csv"),
            (lines([{"left": "c0i0", "right": "c0i1", "winner": "left", "annotator": "jsonl"}]), "pairs.jsonl"),
            (
                _parquet({"left": "c0i0", "right": "c0i1", "winner": "left", "annotator": "parquet"}),
                "p.parquet",
            ),
        ],
        1,
    ):
        assert counts(bring_in(filled, content, name)) == ("done", 1, 0, 0)
        assert Annotation.objects.count() == number
    assert Pair.objects.count() == 1


def _parquet(row) -> bytes:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row]), target)
    return target.getvalue()


def test_items_of_the_same_chunk_can_be_paired(debates, bring_in):
    pairs = [{"left": "c0i0", "right": "c0i1", "winner": "tie"}]
    assert counts(bring_in(debates, pairs + item_rows())) == ("done", 9, 0, 0)


# split


def test_one_context_of_a_block_is_held_out_never_one_of_the_first_three():
    for seed in map(str, range(200)):
        drawn = [held_out(seed, ordinal, 0.1) for ordinal in range(40)]
        assert [sum(drawn[start : start + 10]) for start in range(0, 40, 10)] == [1, 1, 1, 1]
        assert not any(drawn[:3])
    assert not any(held_out("s", ordinal, 0.0) for ordinal in range(100))
    assert sum(held_out("s", ordinal, 0.5) for ordinal in range(100)) == 50


def test_pairs_of_held_out_items_or_contexts_are_eval(debates, bring_in):
    rows = [
        {"id": "p1", "text": "1", "context": {"id": "pool", "text": "q"}, "split": "pool"},
        {"id": "p2", "text": "2", "context": {"id": "pool"}, "split": "pool"},
        {"id": "p3", "text": "3", "context": {"id": "pool"}, "split": "eval"},
        {"id": "e1", "text": "1", "context": {"id": "held", "text": "r", "split": "eval"}},
        {"id": "e2", "text": "2", "context": {"id": "held"}},
        {"id": "e3", "text": "3", "context": {"id": "held"}, "split": "pool"},
        {"left": "p1", "right": "p2"}, {"left": "p1", "right": "p3"}, {"left": "e1", "right": "e2"},
    ]  # fmt: skip
    batch = bring_in(debates, rows)
    assert counts(batch) == ("done", 8, 0, 1)
    assert "held out" in reasons(batch)[6]
    assert [pair("p1", "p2").split, pair("p1", "p3").split, pair("e1", "e2").split] == ["pool", "eval", "eval"]
    assert Item.objects.get(external_id="e1").split == Split.EVAL
    progress = Progress.objects.get(project=debates)
    assert (progress.pool_partnered, progress.eval_partnered) == (2, 3)
    assert (progress.given_pool_open, progress.given_eval_open) == (1, 2)
    consistent(debates)


# the whole argument set


def test_the_argument_set_goes_in_whole(debates, bring_in):
    items, judgments = arguments()
    batch = bring_in(debates, lines(items), "items.jsonl")
    same = [reason for reason in reasons(batch).values() if "same content" in reason]
    assert (batch.state, batch.accepted + len(same), batch.rejected) == ("done", 793, len(same))
    assert Context.objects.count() == 24
    batch = bring_in(debates, lines(judgments), "judgments.jsonl")
    names = set(Item.objects.values_list("external_id", flat=True))
    sound = [row for row in judgments if {row["left"], row["right"]} <= names]
    assert counts(batch) == ("done", len(sound), 0, len(judgments) - len(sound))
    stored = Annotation.objects.values_list(
        "left__external_id", "pair__first__external_id", "pair__second__external_id", "imported_annotator", "answer"
    )
    told = sorted(
        (left, second if left == first else first, name, answer["winner"])
        for left, first, second, name, answer in stored
    )
    assert told == sorted((row["left"], row["right"], row["annotator"], row["winner"]) for row in sound)
    consistent(debates)
