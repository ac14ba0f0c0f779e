"""Where labels come from: said in rows, counted in every manifest, chosen by a filter."""

import io
import json
import uuid
import zipfile
from collections import Counter

import pytest

from labeling.models import Annotation, Machine, Snapshot, Source
from labeling.models.known_answer import KnownAnswer, KnownFrom
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.machines import newest_version
from labeling.selectors.row_count import export_row_count
from labeling.services.exports import FOLDERS, FORMATS, checked_filters
from labeling.services.exports.certificate import certificate_of
from labeling.services.exports.snapshots import opened, run_snapshot, start_snapshot
from labeling.services.machines.manage import add_machine
from labeling.services.machines.predictions import import_predictions
from labeling.services.review.decide import decide
from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/projects/sms/export/?format=jsonl"
#: Rows of the project below by the source of their label.
EXPECTED = {
    "annotations": {"human": 6, "import": 3, "review": 1},
    "items": {"human": 3, "import": 1, "review": 1},
    "predictions": {"machine": 2},
}


@pytest.fixture
def project(project, people):
    """Labels of every source: four items of people, of which a reviewer decided one, one gold, two imported labels of
    which one is beside an answer and one has a name, predictions of a machine."""
    project.overlap = 2
    project.save()
    items = make_items(project, ["a", "b", "c", "d", "e", "f"])
    for item in items[:4]:
        make_answer(item, people.annotator, {"label": "ham"})
    make_answer(items[0], people.manager, {"label": "spam"})
    make_answer(items[1], people.manager, {"label": "spam"}, reason="gold")
    KnownAnswer.objects.create(project=project, item=items[1], answer={"label": "ham"}, origin=KnownFrom.HAND)
    decide(people.reviewer, project, items[0].pk, "change", answer={"label": "spam"})
    for item, name in ((items[3], ""), (items[4], "ann"), (items[4], "bob")):
        made = {"item": item, "answer": {"label": "spam"}, "imported_annotator": name}
        Annotation.objects.create(project=project, source=Source.IMPORT, **made)
    add_machine(people.manager, project, name="rule", version="1")
    rows = [{"item": item.pk, "label": "ham"} for item in items[:2]]
    import_predictions(newest_version(Machine.objects.get()), rows, public_id=uuid.uuid4())
    return project


def test_the_counts_of_every_manifest_add_up_to_its_rows(project, people):
    written = 0
    for form in (*FORMATS, *FOLDERS):
        for rows, expected in EXPECTED.items():
            if form in FOLDERS and FOLDERS[form].refuse(project, rows):
                continue
            snapshot = start_snapshot(people.manager, project, export_format=form, rows=rows)
            assert run_snapshot(snapshot.pk)["state"] == "done"
            snapshot = Snapshot.objects.get(pk=snapshot.pk)
            told = certificate_of(snapshot)
            assert told["sources"] == expected, (form, rows)
            assert sum(told["sources"].values()) == told["rows"]["read"] == snapshot.row_count
            assert all(check["ok"] for check in told["checks"])
            assert any("added up" in check["what"] for check in told["checks"])
            if form in FOLDERS and rows != "predictions":
                sheet = _datasheet(snapshot)
                assert "answers behind them: 10: 6 by people, 1 reviewed, 3 imported" in sheet
                assert f"where their labels come from: {expected['human']} by people, 1 reviewed, " in sheet
            written += 1
    assert written >= 3 * len(FORMATS) + len(FOLDERS)


def _datasheet(snapshot):
    with zipfile.ZipFile(io.BytesIO(opened(snapshot).read())) as archive:
        return archive.read("datasheet.md").decode()


def test_rows_say_it_and_a_filter_keeps_the_sources_that_are_named(project, people, api):
    def said(rows, **filters):
        return Counter(row["source" if rows == "annotations" else "label_source"] for row in rows_of(rows, **filters))

    def rows_of(rows, **filters):
        return list(export_rows(project, rows, checked_filters(filters)))

    for rows in ("annotations", "items"):
        assert said(rows) == EXPECTED[rows]
        for chosen in ("human", "human,review", "review,import", "human, review ,import,human"):
            found = rows_of(rows, sources=chosen)
            assert len(found) == export_row_count(project, rows, checked_filters({"sources": chosen}))
        assert said(rows, sources="human") == {"human": {"annotations": 6, "items": 4}[rows]}
        assert said(rows, sources="review,import") == {
            "annotations": {"review": 1, "import": 3}, "items": {"review": 1, "import": 2},
        }[rows]  # fmt: skip
    labels = lambda **filters: [row["label"] for row in rows_of("items", **filters)]  # noqa: E731
    assert labels()[0] == "spam", "a reviewer's decision"
    assert labels(sources="human,import")[0] is None, "people are split about it"
    assert rows_of("annotations", sources="human") == list(export_rows(project, "annotations", Filters(source="human")))
    got = api(people.reviewer).get(f"{ADDRESS}&sources=review,import")
    lines = [json.loads(line) for line in b"".join(got.streaming_content).splitlines()]
    assert Counter(line["source"] for line in lines) == {"review": 1, "import": 3}
    snapshot = start_snapshot(people.manager, project, filters={"sources": "import,review"})
    run_snapshot(snapshot.pk)
    told = certificate_of(Snapshot.objects.get(pk=snapshot.pk))
    assert (told["filters"], told["sources"]) == ({"sources": "review,import"}, {"review": 1, "import": 3})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("sources=humans", "There is no source 'humans'. Did you mean human? There are: human, review, import."),
        ("sources=x,human", "There is no source 'x'. There are:"),
        ("sources=gold", "There are no answers of gold. Gold tests people"),
        ("sources=human,machine", "rows=predictions"),
        ("sources=feedback", "rows=feedback"),
        ("sources=,", "No source is named."),
        ("source=human&sources=import", "Name all of them here"),
        ("sources=import,review&split=eval", "Nothing is left: no answer is of review or import with split=eval."),
    ],
)
def test_what_is_wrong_with_the_sources_is_said_before_the_first_byte(project, people, api, given, words):
    response = api(people.manager).get(f"{ADDRESS}&{given}")
    assert (response.status_code, list(response.json())) == (400, ["sources"])
    assert words in response.json()["sources"][0]


def test_the_page_takes_boxes_and_says_when_nothing_is_left(project, people, browser_of):
    page = browser_of(people.reviewer)
    address = f"/p/{project.slug}/export/"
    found = page.get(f"{address}?rows=items&sources=human&sources=review")
    assert (found.context["rows"], found.context["filters"]) == (4, {"sources": "human,review"})
    assert len(b"".join(page.get(found.context["download"]).streaming_content).splitlines()) == 4
    empty = page.get(f"{address}?sources=review&split=eval").content.decode()
    assert "Nothing is left: no answer is of review with split=eval." in empty
    assert "button--primary" not in empty.split('id="result"')[1].split("</section>")[0]
