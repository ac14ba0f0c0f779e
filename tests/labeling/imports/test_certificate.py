"""The certificate of an import says what came of every record and answer."""

import hashlib

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from labeling.models import Annotation, ImportBatch
from labeling.services.imports import certificate, run_import, start_import
from labeling.services.imports.certificate import certificate_of
from labeling.services.imports.readers.jsonl import JsonlReader
from tests.factories import make_project
from tests.labeling.imports.conftest import zip_of

pytestmark = pytest.mark.django_db

ROWS = b"""id,text,label
1,first,ham
2,second,spam
3,first,spam
4,fourth,eggs
5,fifth,eggs
6,sixth,bacon
2,seventh,ham
8,,ham
9,ninth,
"""


def holds(told) -> bool:
    return bool(told["checks"]) and all(check["ok"] for check in told["checks"])


def test_every_record_and_answer_is_accounted_for(bring_in):
    project = make_project(labels=("ham", "spam"))
    told = certificate_of(bring_in(project, ROWS))
    assert told["records"] == {
        "read": 9, "accepted": 3, "items": 3, "pairs": 0, "duplicates": 1, "completed": 0, "rejected": 5,
    }  # fmt: skip
    assert told["answers"] == {"read": 4, "stored": 2, "not_stored": 2, "contradicted": 1, "by_name": 0}
    assert told["answers"]["stored"] == Annotation.objects.filter(project=project).count()
    assert told["labels"] == {"added": [], "unknown": [{"name": "eggs", "rows": 2}, {"name": "bacon", "rows": 1}]}
    assert [(reason["field"], reason["rows"]) for reason in told["rejections"]] == [
        ("label", 2), ("label", 1), ("id", 1), ("text", 1),
    ]  # fmt: skip
    assert told["rejections_unlisted"] == 0
    assert (told["sha256"], told["size_bytes"]) == (hashlib.sha256(ROWS).hexdigest(), len(ROWS))
    assert holds(told)
    assert told["summary"] == [
        "9 records read, 3 accepted, 1 duplicate, 5 rejected.",
        "4 answers came with them, 2 stored.",
        "2 answers not stored: the item or pair has one, or the row was refused.",
        "1 answer said otherwise than the one the item has, which stays.",
        "3 rows rejected for 2 labels that the project lacks.",
        "4 checks made, and all hold.",
    ]


def test_a_second_import_says_what_it_brought_to_items_that_were_there(bring_in):
    project = make_project(labels=("ham", "spam"))
    bring_in(project, [{"text": "a", "label": "ham"}, {"text": "b"}, {"text": "c", "label": "spam"}])
    again = [{"text": "a", "label": "spam"}, {"text": "b", "label": "spam"}, {"text": "c", "label": "spam"}]
    told = certificate_of(bring_in(project, again))
    assert (told["records"]["duplicates"], told["records"]["completed"]) == (3, 1)
    assert told["answers"] == {"read": 3, "stored": 1, "not_stored": 2, "contradicted": 1, "by_name": 0}
    assert Annotation.objects.get(item__text="a").answer != Annotation.objects.get(item__text="b").answer


def test_labels_that_an_import_added_are_named(bring_in):
    project = make_project(labels=("ham",))
    told = certificate_of(bring_in(project, ROWS, options={"labels": "add"}))
    assert told["labels"] == {"added": ["bacon", "eggs", "spam"], "unknown": []}


def test_cells_that_were_changed_or_left_out_are_counted(bring_in):
    told = certificate_of(
        bring_in(make_project(), b'{"text": "a", "x": Infinity}\n{"text": "b", "x": 1e999}', "a.jsonl")
    )
    assert [(change["count"], change["what"][:16]) for change in told["changes"]] == [(2, "2 cells of 'x' h")]
    assert told["records"]["accepted"] == 2


def test_what_stands_beside_a_pair_and_is_not_kept_is_counted(bring_in):
    project = make_project(kind="pairwise", labels=())
    items = [{"id": one, "text": one, "context": "which", "winner": "left"} for one in "abc"]
    pairs = [
        {"left": "a", "right": "b", "winner": "left", "annotator": "ann", "note": "sure", "group": "g"},
        {"left": "a", "right": "c", "winner": "tie", "note": "unsure"},
        {"left": "a", "right": "b", "winner": "left", "annotator": "ann"},
        {"left": "a", "right": "z", "winner": "left"},
    ]
    told = certificate_of(bring_in(project, items + pairs))
    assert told["records"] == {
        "read": 7, "accepted": 5, "items": 3, "pairs": 2, "duplicates": 1, "completed": 0, "rejected": 1,
    }  # fmt: skip
    assert told["answers"] == {"read": 4, "stored": 2, "not_stored": 2, "contradicted": 0, "by_name": 2}
    counted = {change["what"].split("'")[1]: change["count"] for change in told["changes"]}
    assert counted == {"note": 2, "group": 1, "winner": 3}
    assert holds(told)


def test_counts_go_on_where_an_attempt_was_ended(people, monkeypatch):
    project = make_project(labels=("ham", "spam"))
    monkeypatch.setattr(JsonlReader, "chunk_rows", 10)
    lines = b"".join(b'{"id": "%d", "text": "t%d", "label": "ham"}\n' % (n, n) for n in range(35))
    batch = start_import(people.manager, project, file=ContentFile(lines), file_name="a.jsonl")

    class Killed(BaseException):
        pass

    def stop_after(self, start, whole=JsonlReader.records):
        for number, record in whole(self, start):
            if number == 25:
                raise Killed
            yield number, record

    with monkeypatch.context() as patch:
        patch.setattr(JsonlReader, "records", stop_after)
        with pytest.raises(Killed):
            run_import(batch.pk)
    ImportBatch.objects.filter(pk=batch.pk).update(state="queued")
    run_import(batch.pk)
    told = certificate_of(ImportBatch.objects.get(pk=batch.pk))
    assert told["records"]["items"] == told["answers"]["stored"] == told["answers"]["read"] == 35
    assert holds(told)


def test_a_file_that_changed_meanwhile_is_told(people):
    batch = start_import(people.manager, make_project(), file=ContentFile(ROWS), file_name="a.csv")
    with default_storage.open(batch.path, "wb") as file:
        file.write(ROWS.replace(b"ninth", b"tenth"))
    run_import(batch.pk)
    told = certificate_of(ImportBatch.objects.get(pk=batch.pk))
    assert [check["what"] for check in told["checks"] if not check["ok"]] == ["sha256 of the upload after it was read"]
    assert told["summary"][-1].startswith("A check fails: sha256")


def test_an_import_that_failed_half_way_says_what_it_stored(bring_in, monkeypatch, settings):
    monkeypatch.setattr(JsonlReader, "chunk_rows", 2)
    settings.IMPORT_MAX_ROWS = 3
    batch = bring_in(make_project(), b"".join(b'{"text": "t%d"}\n' % n for n in range(5)), "a.jsonl")
    told = certificate_of(batch)
    assert (batch.state, told["records"]["read"], told["records"]["items"]) == ("failed", 3, 3)
    assert holds(told)


def test_more_reasons_than_a_list_holds_are_counted_together(bring_in, monkeypatch):
    monkeypatch.setattr(certificate, "MAX_REASONS", 2)
    rows = [{"text": f"t{n}", "label": f"label {n}"} for n in range(5)]
    told = certificate_of(bring_in(make_project(), rows))
    assert (len(told["rejections"]), told["rejections_unlisted"]) == (2, 3)


@pytest.mark.parametrize("piece", [1, 3, 50_000])
def test_reasons_are_put_together_whatever_piece_their_rows_are_in(bring_in, monkeypatch, piece):
    monkeypatch.setattr(certificate, "ROWS_A_PIECE", piece)
    labels = ["x", "", "y", "x", "ham", "x", "y", "z"]
    told = certificate_of(
        bring_in(make_project(), [{"text": f"t{n}", "label": label} for n, label in enumerate(labels)])
    )
    assert [(line["reason"][:3], line["rows"], line["first"], line["last"]) for line in told["rejections"]] == [
        ("'x'", 3, 1, 6), ("'y'", 2, 3, 7), ("'z'", 1, 8, 8),
    ]  # fmt: skip
    assert {line["field"] for line in told["rejections"]} == {"label"}


def test_rejections_let_go_by_housekeeping_stay_in_the_certificate(bring_in):
    batch = bring_in(make_project(), ROWS)
    before = certificate_of(batch)
    batch.rejections.all().delete()
    assert certificate_of(ImportBatch.objects.get(pk=batch.pk)) == before


def test_an_import_of_an_earlier_release_says_what_is_not_known():
    batch = ImportBatch.objects.create(
        project=make_project(), format="csv", state="done", total=7, accepted=5, duplicates=1, rejected=1
    )
    told = certificate_of(batch)
    assert (told["records"]["read"], told["records"]["items"], told["answers"], told["sha256"]) == (7, None, None, None)
    assert told["rejections_unlisted"] == 1
    assert told["summary"][-1] == "This import is of a release that did not sum up uploads."


def test_a_zip_counts_rows_and_pictures(bring_in, pictures):
    told = certificate_of(bring_in(pictures, zip_of({"items.csv": b"image,label\nx.png,cat\n", "y.png": b""}), "a.zip"))
    assert told["records"]["read"] == told["records"]["rejected"] == 2
    assert holds(told)


def test_it_is_told_over_rest_once_the_import_has_ended(people, api, project):
    batch = start_import(people.manager, project, file=ContentFile(ROWS), file_name="a.csv")
    address = f"/api/v1/projects/{project.slug}/imports/{batch.public_id}/certificate/"
    assert api(people.manager).get(address).status_code == 409
    run_import(batch.pk)
    answer = api(people.manager).get(address)
    assert answer.status_code == 200
    assert (answer.json()["conversion"], answer.json()["records"]["read"]) == ("import", 9)
    assert api(people.stranger).get(address).status_code == 404


def test_people_read_it_on_the_page_of_the_import(people, browser_of, project):
    batch = start_import(people.manager, project, file=ContentFile(ROWS), file_name="a.csv")
    client, address = browser_of(people.manager), f"/p/{project.slug}/imports/{batch.public_id}/"
    assert "data-certificate" not in client.get(address).content.decode()
    run_import(batch.pk)
    page = client.get(address).content.decode()
    assert "9 records read, 3 accepted, 1 duplicate, 5 rejected." in page
    assert hashlib.sha256(ROWS).hexdigest() in page
    assert f"/api/v1/projects/{project.slug}/imports/{batch.public_id}/certificate/" in page


def test_what_was_found_stands_on_the_page_once(people, browser_of, project):
    batch = start_import(people.manager, project, file=ContentFile(b"one\ntwo\n"), file_name="lines.txt")
    run_import(batch.pk)
    page = browser_of(people.manager).get(f"/p/{project.slug}/imports/{batch.public_id}/").content.decode()
    assert page.count("each of its lines is one text.") == 1
    told = certificate_of(ImportBatch.objects.get(pk=batch.pk))
    assert any("each of its lines is one text." in sentence for sentence in told["summary"])
