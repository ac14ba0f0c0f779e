"""``manage.py consensus``: a label an item by the rule there is evidence for, with the evidence in a sentence."""

import csv
import io

import pytest
from django.core.management import CommandError, call_command

from labeling import extensions
from labeling.extensions import NOTHING
from labeling.models import KnownAnswer, Label, Quarantine, Split
from tests.factories import UserFactory, make_answer, make_items, make_project

pytestmark = pytest.mark.django_db

TRUTH = ["ham", "spam"] * 15


def told(slug: str, **options: object) -> tuple[list[dict[str, str]], str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("consensus", slug, stdout=out, stderr=err, **options)
    return list(csv.DictReader(io.StringIO(out.getvalue()))), err.getvalue().strip()


def gold_file(folder, rows: list[tuple[str, str]]):
    path = folder / "gold.csv"
    path.write_text("id,label\n" + "".join(f"{name},{label}\n" for name, label in rows), encoding="utf-8")
    return path


@pytest.fixture
def crowd():
    """Two who know, three who always say ham; the last ten items are held out."""
    project = make_project(slug="mail", overlap=5)
    people = [UserFactory() for _ in range(5)]
    items = make_items(project, [f"text {n}" for n in range(20)])
    items += make_items(project, [f"held {n}" for n in range(10)], split=Split.EVAL)
    for number, person in enumerate(people):
        for item, true in zip(items, TRUTH, strict=True):
            make_answer(item, person, {"label": true if number < 2 else "ham"})
    return project, people


def test_gold_shows_who_is_to_be_trusted_and_the_majority_counts_without_it(crowd, tmp_path):
    rows, reason = told("mail")
    assert {row["label"] for row in rows} == {"ham"}
    assert {(row["rule"], row["rule_version"], row["confidence_is"], row["votes"]) for row in rows} == {
        ("majority", "1", "order", "5")
    }
    assert reason == "The majority counts: of no item is the truth known."
    known = [(f"row-{n}", TRUTH[n]) for n in range(16)]
    rows, reason = told("mail", gold=gold_file(tmp_path, known))
    assert [row["label"] for row in rows] == TRUTH
    assert [row["split"] for row in rows] == ["pool"] * 20 + ["eval"] * 10
    assert {row["rule"] for row in rows} != {"majority"}
    assert "of 16 items whose truth is known it has 0 wrong, the majority 8" in reason
    assert told("mail", gold=gold_file(tmp_path, known)) == (rows, reason)


def test_the_gold_of_the_project_speaks_by_itself_and_a_file_goes_before_it(crowd, tmp_path):
    project, _ = crowd
    items = list(project.items.order_by("ordinal"))
    KnownAnswer.objects.bulk_create(
        KnownAnswer(project=project, item=items[n], answer={"label": TRUTH[n]}, origin="import") for n in range(16)
    )
    rows, reason = told("mail")
    assert [row["label"] for row in rows] == TRUTH
    assert "of 16 items whose truth is known it has 0 wrong, the majority 8" in reason
    wrong = [(f"row-{n}", "ham") for n in range(16)]  # by the file the majority is right
    assert {row["label"] for row in told("mail", gold=gold_file(tmp_path, wrong))[0]} == {"ham"}


def test_a_file_is_written_and_labels_have_their_names_of_now(crowd, tmp_path):
    project, people = crowd
    Label.objects.filter(project=project, name="ham").update(key="ham", name="wanted, really")
    for person in people[2:]:
        Quarantine.objects.create(project=project, annotator=person, reason="always ham", since_change=1)
    call_command("consensus", "mail", out=tmp_path / "found.csv", stderr=io.StringIO())
    with (tmp_path / "found.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["label"] for row in rows] == ["wanted, really", "spam"] * 15
    assert {row["votes"] for row in rows} == {"2"}


def test_ties_and_repeats_and_unanswered_items_have_their_outcome(tmp_path):
    project = make_project(slug="few", overlap=2)
    one, other = UserFactory(), UserFactory()
    first, second, _ = make_items(project, ["a", "b", "c"])
    for person, said in ((one, "ham"), (other, "spam")):
        make_answer(first, person, {"label": said})
    make_answer(second, one, {"label": "spam"})
    rows, _ = told("few")
    assert [(row["external_id"], row["label"], row["votes"]) for row in rows] == [
        ("row-0", "", "2"),
        ("row-1", "spam", "1"),
    ]
    make_project(slug="none")
    assert told("none") == ([], "The majority counts: of no item is the truth known.")


def test_without_learning_the_majority_counts(crowd, monkeypatch):
    monkeypatch.setattr(extensions, "_installed", NOTHING)
    rows, reason = told("mail")
    assert {(row["label"], row["confidence"], row["rule"]) for row in rows} == {
        ("ham", "1.0000", "majority"), ("ham", "0.6000", "majority"),
    }  # fmt: skip
    assert reason == "The majority counts: nothing that weighs evidence is installed."


def test_gold_that_means_nothing_is_refused(tmp_path):
    make_items(make_project(slug="mail"), ["a"])
    for rows, why in (
        ([("row-0", "eggs")], "no label 'eggs'"),
        ([("row-99", "ham")], "no item has this id"),
        ([], "no columns id and label"),
    ):
        with pytest.raises(CommandError, match=why):
            told("mail", gold=gold_file(tmp_path, rows))
    with pytest.raises(CommandError, match="cannot be read"):
        told("mail", gold=tmp_path / "nothing.csv")
    assert told("mail", gold=gold_file(tmp_path, [("row-0", "ham")]))[0] == []


def test_other_kinds_and_projects_are_refused():
    make_project(slug="scale", kind="rating", labels=("1", "2", "3"))
    with pytest.raises(CommandError, match="not those of rating"):
        told("scale")
    with pytest.raises(CommandError, match="No such project"):
        told("nowhere")
