"""What Querent writes it can read: every format, every shape of rows, into a project that has none of it."""

import json

import pytest

from labeling.models import Annotation, Context, Item, Pair
from labeling.selectors.agreement import agreement
from labeling.selectors.export import export_rows
from labeling.selectors.recount import differences
from labeling.services.exports import export_file
from labeling.services.imports import ImportRefused
from labeling.services.imports.certificate import certificate_of
from labeling.services.imports.notes import ImportNotes
from tests.factories import make_answer, make_project
from tests.labeling.imports.conftest import counts, picture, reasons, said, zip_of
from tests.labeling.imports.test_round_trip import stored
from tests.labeling.test_export import NO_FILTER

pytestmark = pytest.mark.django_db

NAMES = {"huggingface": "zip", "imagefolder": "zip", "doccano": "zip", "label-studio": "zip", "trl-preference": "jsonl",
         "trl-preference-chat": "jsonl", "openai-preference": "jsonl", "trl-unpaired": "jsonl"}  # fmt: skip
KINDS = {
    "classification": (("=a", "C#", "1"), ["=a", "C#", "1", None]),
    "multilabel": (("a", "b|".strip("|"), "C#"), [["a", "b"], ["C#"], [], None]),
    "rating": (("1", "2", "3"), [1, 3, 2, None]),
}
TABLES = ["jsonl", "csv", "parquet", "huggingface", "label-studio"]


def file_of(project, name: str, rows: str) -> tuple[bytes, str]:
    return b"".join(export_file(project, name, rows, NO_FILTER)), f"export.{NAMES.get(name, name)}"


def labeled(kind: str, bring_in, **fields):
    labels, given = KINDS[kind]
    project = make_project(kind=kind, labels=labels, eval_share=0.5, split_seed="a", overlap=3, **fields)
    rows = [
        {
            "id": f"=r{n}", "text": f"text {n}", "group": f"g{n % 5}", "origin": "web", "context": f"c{n % 2}",
            "label": given[n % len(given)], "votes": f"v{n}",
        }
        for n in range(24)
    ]  # fmt: skip
    assert counts(bring_in(project, rows)) == ("done", 24, 0, 0)
    return project, make_project(kind=kind, labels=labels, eval_share=0.5, split_seed="b")


@pytest.mark.parametrize("name", [*TABLES, "doccano"])
@pytest.mark.parametrize("kind", KINDS)
def test_items_come_back_with_ids_labels_sides_and_columns(kind, name, bring_in):
    if kind == "rating" and name == "doccano":
        return  # which takes labels only
    first, second = labeled(kind, bring_in)
    batch = bring_in(second, *file_of(first, name, "items"))
    was = {key: row for key, row in stored(first).items() if row[-1] is not None}  # rows=items are what has a label
    assert (counts(batch), reasons(batch)) == (("done", len(was), 0, 0), {})
    assert stored(second) == was


@pytest.mark.parametrize("rows", ["items", "annotations"])
@pytest.mark.parametrize("name", [*TABLES, "croissant"])
def test_a_column_of_the_items_may_be_called_answer(name, rows, people, bring_in):
    """As data sets of questions and answers have it: it is no answer of ours."""
    first, second = (make_project(labels=("ham", "spam")) for _ in range(2))
    asked = [
        {"id": f"q{n}", "text": f"2 + {n}?", "label": "ham", "answer": f"={2 + n}", "kind": "sum"} for n in range(3)
    ]
    bring_in(first, asked)
    content, file = file_of(first, name, rows)
    if name == "croissant":
        assert content  # which is not read back
        return
    batch = bring_in(second, content, file)
    assert (counts(batch), reasons(batch)) == (("done", 3, 0, 0), {})
    assert stored(second) == stored(first)


def said_by(project) -> dict[str, list[tuple[str, str]]]:
    """Who said what of which item; "" for what came with the items."""
    found: dict[str, list[tuple[str, str]]] = {}
    rows = Annotation.objects.filter(project=project).select_related("annotator", "item")
    for row in rows:
        who = row.annotator.username if row.annotator else row.imported_annotator
        found.setdefault(row.item.external_id, []).append((who, json.dumps(row.answer, sort_keys=True)))
    return {external_id: sorted(answers) for external_id, answers in found.items()}


def come_to(project) -> dict[str, tuple]:
    """What the export of items says of them."""
    columns = "label", "confidence", "votes", "agreement", "soft_label", "split", "text"
    rows = export_rows(project, "items", NO_FILTER)
    return {row["external_id"]: tuple(row[column] for column in columns) for row in rows}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kind", KINDS)
def test_answers_come_back_with_who_gave_them_and_come_to_the_same(kind, name, people, bring_in):
    first, second = labeled(kind, bring_in)
    key = {"classification": "label", "multilabel": "labels", "rating": "rating"}[kind]
    values = KINDS[kind][1]
    item, other = Item.objects.filter(project=first, external_id__in=["=r3", "=r7"]).order_by("ordinal")
    labeled_too = Item.objects.get(project=first, external_id="=r0")
    for person, value in ((people.annotator, values[0]), (people.reviewer, values[0]), (people.manager, values[1])):
        make_answer(item, person, {key: value})
        make_answer(labeled_too, person, {key: values[1]})  # which an import had said otherwise
    for person, value in ((people.annotator, values[0]), (people.reviewer, values[1])):
        make_answer(other, person, {key: value})  # a tie
    file = file_of(first, name, "annotations")
    batch = bring_in(second, *file)
    was = said_by(first)
    assert (counts(batch), reasons(batch)) == (("done", len(was), 0, 0), {})
    assert said_by(second) == was
    assert come_to(second) == come_to(first)
    assert agreement(second) == agreement(first)
    assert agreement(first)["items"] == 3
    told = certificate_of(batch)["answers"]
    assert (told["read"], told["stored"], told["by_name"]) == (sum(map(len, was.values())),) * 2 + (8,)
    again = bring_in(second, *file)
    assert (counts(again), said_by(second)) == (("done", 0, len(was), 0), was)
    assert list(differences(second)) == []


CONTEXTS = [{"id": "c1", "text": "2+2?", "facts": {"level": "1"}}, {"text": "=sky?"}]


def judged(bring_in):
    first, second = (
        make_project(kind="pairwise", labels=(), purpose="Which is right?", eval_share=0.3, split_seed=seed)
        for seed in "ab"
    )
    items = [
        {"id": f"i{c}{n}", "text": f"=answer {n}", "context": context, "group": f"g{n}", "origin": "web"}
        for c, context in enumerate(CONTEXTS)
        for n in range(4)
    ]
    pairs = [
        {"left": f"i{c}{a}", "right": f"i{c}{b}", "winner": winner, "annotator": who, "elapsed_ms": 1500}
        for c in range(2)
        for a, b, winner, who in (
            (0, 1, "left", "ann"),
            (2, 1, "right", "bob"),
            (0, 2, "tie", "ann"),
            (0, 1, "left", "x"),
        )
    ]
    pairs.append({"left": "i00", "right": "i03", "gold": "left", "winner": "left"})
    batch = bring_in(first, [*items, *pairs])
    assert (batch.state, batch.rejected, reasons(batch)) == ("done", 0, {})
    return first, second


def judgments(project) -> set[tuple]:
    rows = Annotation.objects.filter(project=project).select_related("left", "pair__first", "pair__second")
    return {
        (
            row.left.external_id, row.pair.other(row.left_id).external_id, row.answer["winner"],
            row.imported_annotator, row.elapsed_ms,
        )
        for row in rows
    }  # fmt: skip


def gold(project) -> set[str]:
    pairs = Pair.objects.filter(project=project, gold__isnull=False).select_related("first", "second")
    return {{"first": pair.first, "second": pair.second}[pair.gold].external_id for pair in pairs}


def in_contexts(project) -> dict[str, tuple]:
    return {
        item.external_id: (
            item.text, item.group, item.origin, item.split, item.in_context.external_id, item.in_context.text,
            item.in_context.facts,
        )
        for item in Item.objects.filter(project=project).select_related("in_context")
    }  # fmt: skip


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet", "huggingface"])
def test_items_in_contexts_then_their_judgments(name, bring_in):
    first, second = judged(bring_in)
    batch = bring_in(second, *file_of(first, name, "items"))
    assert (counts(batch), reasons(batch)) == (("done", 8, 0, 0), {})
    assert in_contexts(second) == in_contexts(first)
    batch = bring_in(second, *file_of(first, name, "annotations"))
    assert (batch.state, reasons(batch)) == ("done", {})
    assert judgments(second) == judgments(first)
    assert gold(second) == gold(first) == {"i00"}


@pytest.mark.parametrize("name", ["huggingface", "label-studio"])
def test_data_sets_hold_what_judgments_are_about(name, bring_in):
    first, second = judged(bring_in)
    batch = bring_in(second, *file_of(first, name, "annotations"))
    assert (batch.state, reasons(batch)) == ("done", {})
    assert judgments(second) == judgments(first)
    texts = dict(Item.objects.filter(project=second).values_list("external_id", "text"))
    assert texts.items() < dict(Item.objects.filter(project=first).values_list("external_id", "text")).items()
    assert set(Context.objects.filter(project=second).values_list("external_id", "text")) == {
        ("c1", "2+2?"), (None, "=sky?"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["trl-preference", "trl-preference-chat", "openai-preference"])
def test_preferences_come_back_as_pairs_with_a_winner(name, bring_in):
    first, second = judged(bring_in)
    batch = bring_in(second, *file_of(first, name, "preferences"))
    assert (batch.state, reasons(batch)) == ("done", {})

    def won(project):
        rows = Annotation.objects.filter(project=project).select_related("left", "pair__first", "pair__second")
        return {
            (one.in_context.text, one.text, other.text)
            for row in rows
            if row.answer["winner"] in ("left", "right")
            for left, right in [(row.left, row.pair.other(row.left_id))]
            for one, other in [(left, right) if row.answer["winner"] == "left" else (right, left)]
        }

    assert won(second) == won(first)
    assert len(won(second)) == 5


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet"])
def test_preferences_as_tables_too(name, bring_in):
    first, second = judged(bring_in)
    batch = bring_in(second, *file_of(first, name, "preferences"))
    assert (batch.state, reasons(batch)) == ("done", {})
    assert Annotation.objects.filter(project=second).count() == 5
    assert Item.objects.filter(project=second).exclude(external_id__startswith="i").count() == 0
    texts = dict(Item.objects.filter(project=second).values_list("external_id", "text"))
    assert texts.items() <= dict(Item.objects.filter(project=first).values_list("external_id", "text")).items()


@pytest.mark.parametrize(("rows", "name"), [("rankings", "jsonl"), ("scores", "csv")])
def test_rankings_and_scores_are_refused_by_name(rows, name, bring_in):
    first, second = judged(bring_in)
    content, file_name = file_of(first, name, rows)
    if name == "jsonl":  # nothing was ranked yet
        content = json.dumps(
            {"query_id": "c1", "query": "2+2?", "item_id": 1, "external_id": "i00", "rank": 1, "score": 1.5, "grade": 4,
             "model_version": 1, "model_verified": True, "context_id": 1, "context_external_id": "c1", "chance": 0.8}
        ).encode()  # fmt: skip
    with pytest.raises(ImportRefused, match="This is an export of Querent of rankings or scores"):
        bring_in(second, content, file_name)


@pytest.mark.parametrize("name", ["huggingface", "imagefolder", "label-studio"])
@pytest.mark.parametrize("rows", ["items", "annotations"])
def test_pictures_come_back_with_their_labels(name, rows, bring_in, pictures):
    labels = ["cat", "dog", None]
    table = "image,id,label,shot\n" + "\n".join(f"{n}.png,p{n},{labels[n % 3] or ''},s{n}" for n in range(6))
    content = zip_of({"items.csv": table.encode(), **{f"{n}.png": picture(n) for n in range(6)}})
    assert counts(bring_in(pictures, content, "p.zip")) == ("done", 6, 0, 0)
    second = make_project(modality="image", labels=("cat", "dog"))
    batch = bring_in(second, *file_of(pictures, name, rows))
    assert (counts(batch), reasons(batch)) == (("done", 4, 0, 0), {})

    def held(project):
        found = Item.objects.filter(project=project).select_related("asset")
        answers = dict(Annotation.objects.filter(project=project).values_list("item_id", "answer"))
        return {i.external_id: (i.asset.sha256, i.split, i.data["shot"], answers.get(i.pk)) for i in found}

    assert held(second) == {key: value for key, value in held(pictures).items() if value[-1]}


@pytest.mark.parametrize("name", ["huggingface", "imagefolder", "label-studio"])
def test_pictures_of_judgments_come_with_them(name, bring_in):
    first, second = (
        make_project(kind="pairwise", modality="image", labels=(), purpose="Which is sharper?") for _ in range(2)
    )
    table = "image,id,context\n" + "\n".join(f"{n}.png,p{n},street" for n in range(3))
    bring_in(first, zip_of({"items.csv": table.encode(), **{f"{n}.png": picture(n) for n in range(3)}}), "p.zip")
    pairs = [{"left": f"p{a}", "right": f"p{b}", "winner": "left", "annotator": "ann"} for a, b in ((0, 1), (2, 0))]
    assert counts(bring_in(first, pairs)) == ("done", 2, 0, 0)
    batch = bring_in(second, *file_of(first, name, "annotations"))
    assert (batch.state, reasons(batch)) == ("done", {})
    assert {row[:4] for row in judgments(second)} == {row[:4] for row in judgments(first)}

    def pictures_of(project):
        return set(Item.objects.filter(project=project).values_list("external_id", "asset__sha256"))

    assert pictures_of(second) == pictures_of(first)


def test_what_is_lost_is_said(people, bring_in):
    first, second = labeled("classification", bring_in)
    item = Item.objects.get(project=first, external_id="=r3")
    for person in (people.annotator, people.reviewer):
        make_answer(item, person, {"label": "=a"})
    batch = bring_in(second, *file_of(first, "jsonl", "annotations"))
    notes = said(ImportNotes(batch.notes))
    assert "The file was read as an export of Querent." in notes
    assert not any("stood beside" in note for note in notes)  # every one of them has a name
