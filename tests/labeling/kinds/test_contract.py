"""What every kind of question can do from its first import to its first model, and one made by the recipe with them."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Collection
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from labeling.kinds import KINDS, NO_FAMILY
from labeling.models import Annotation, BulkStep, ImportBatch, ImportDraft, Item, JobState, Source
from labeling.selectors.agreement import agreement
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.recount import differences
from labeling.selectors.row_shapes import row_names_of
from labeling.services.exports import FOLDERS, FORMATS
from labeling.services.exports.snapshots import run_snapshot, start_snapshot
from learning.models import ModelVersion, Run
from learning.services.pipeline.run import run_training
from learning.services.runs.control import request_run
from tests.contracts.test_permissions import ADDRESSES, ROLES, who_may
from tests.labeling.kinds.conftest import API

pytestmark = pytest.mark.django_db

#: Who does the work. What others may see does not depend on how much there is, nor on what is asked about.
AT_WORK = ("manager", "annotator")


def current(desk) -> list[dict]:
    rows = Annotation.objects.current().filter(project=desk.project, source=Source.HUMAN).order_by("pk")
    return list(rows.values_list("answer", flat=True))


def test_a_question_is_asked_answered_revised_taken_back_and_skipped(desk):
    desk.bring_in()
    (task,) = desk.next()
    assert (task["kind"], desk.next()) == (desk.kind.name, [task])
    truth = desk.sample.truth(task)
    assert [desk.answer(task, truth).status_code for _ in range(2)] == [201, 200]
    assert current(desk) == [truth]
    assert desk.answer(task, desk.sample.other).status_code == 200
    assert current(desk) == [desk.sample.other]
    address = f"/api/v1/tasks/{task['id']}"
    assert desk.client().delete(f"{address}/answer/").status_code == 200
    assert current(desk) == []
    assert desk.next() == [task | {"lease_expires_at": desk.next()[0]["lease_expires_at"]}]
    assert desk.client().post(f"{address}/skip/", {"reason": "unclear"}, format="json").status_code == 200
    assert desk.next()[0]["id"] != task["id"]
    assert [str(found) for found in differences(desk.project)] == []


def test_an_answer_that_does_not_fit_is_refused_and_names_the_field(desk):
    desk.bring_in()
    (task,) = desk.next()
    for wrong in desk.sample.wrong:
        response = desk.answer(task, wrong)
        assert response.status_code == 400, wrong
        assert response.json(), wrong
    assert current(desk) == []


def test_answers_that_come_with_an_import_are_kept_as_imported(desk):
    desk.bring_in()
    rows = Annotation.objects.current().filter(project=desk.project, source=Source.IMPORT)
    assert rows.count() == desk.sample.imported
    assert all(desk.kind.flat(row.answer) for row in rows) or desk.kind.label_type == "list"
    assert [str(found) for found in differences(desk.project)] == []


def test_several_people_can_be_compared(desk):
    desk.project.overlap = 2
    desk.project.save()
    desk.bring_in()
    for role in ("annotator", "reviewer"):
        desk.answer_all(25, role)
    found = agreement(desk.project)
    assert found["percent"] in (None, 1.0)  # None of pairs, which are no items
    assert found["alpha"] in (None, 1.0)


def rows_of(content: bytes, form: str) -> list[dict]:
    if form == "parquet":
        return pq.read_table(io.BytesIO(content)).to_pylist()
    if form == "csv":
        return list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    return [json.loads(line) for line in content.decode().splitlines()]


def test_everything_can_be_exported_in_every_format(desk):
    desk.bring_in()
    desk.answer_all(12)
    client = desk.client("viewer")
    for rows in row_names_of(desk.project):
        found = {}
        for form in FORMATS:
            response = client.get(f"{API}/export/?format={form}&rows={rows}")
            assert response.status_code == 200, (rows, form)
            found[form] = rows_of(b"".join(response.streaming_content), form)
            snapshot = start_snapshot(desk.people.manager, desk.project, export_format=form, rows=rows)
            run_snapshot(snapshot.pk)
            snapshot.refresh_from_db()
            assert snapshot.state == JobState.DONE, (rows, form)
        assert len({len(rows) for rows in found.values()}) == 1, rows
        for form, data_set in FOLDERS.items():
            response = client.get(f"{API}/export/?format={form}&rows={rows}")
            if data_set.refuse(desk.project, rows):
                assert response.status_code == 400, (rows, form)
                continue
            with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
                assert archive.testzip() is None
                assert desk.project.name in archive.read("datasheet.md").decode()
    answers = list(export_rows(desk.project, "annotations", Filters(source="human")))
    assert [row["answer"] for row in answers] == current(desk)
    assert {row["kind"] for row in answers} == {desk.kind.name}
    columns = {name for name, _ in desk.kind.item_columns}
    assert all(columns <= row.keys() for row in export_rows(desk.project, "items", Filters()))


def test_a_run_makes_a_model_or_is_skipped_and_says_why(desk):
    desk.bring_in()
    desk.answer_all(60)
    run = learned(desk)
    if desk.kind.family == NO_FAMILY:
        assert run.state == JobState.SKIPPED
        assert run.reason == "nothing learns this kind of question: its items are asked at random"
        assert not ModelVersion.objects.exists()
    else:
        assert run.state == JobState.DONE, run.reason
        version = ModelVersion.objects.get(project=desk.project)
        assert desk.kind.headline in version.metrics


def learned(desk) -> Run:
    run = request_run(desk.people.manager, desk.project)
    if run.state != JobState.SKIPPED:
        run_training(run.pk)
        run.refresh_from_db()
    return run


#: Two models are named in the query.
COMPARE = "learning-api:compare"
#: Answered for a project that has no such thing, and for who may see others: 404.
MISSING = {
    "learning-pages:ranking": lambda kind: not kind.ranks_items,
    "pages:gold": lambda kind: not kind.answers_are_of_items,
    "pages:review-list": lambda kind: not kind.answers_are_of_items,
    "pages:labels": lambda kind: not kind.has_labels,
}


def addresses_of(desk) -> list[tuple[str, str, tuple[str, ...]]]:
    """(name, path, who may) of everything that can be got below the project, as far as it has such a thing."""
    project = desk.project
    first = {
        "bulk": BulkStep.objects.filter(project=project).first(),
        "draft": ImportDraft.objects.filter(project=project).first() or draft_of(project),
        "item": Item.objects.filter(project=project).first(),
        "import": ImportBatch.objects.filter(project=project).first(),
        "run": Run.objects.filter(project=project).first(),
        "model": ModelVersion.objects.filter(project=project).first(),
    }
    versions = ",".join(map(str, ModelVersion.objects.filter(project=project).values_list("number", flat=True)[:2]))
    found = []
    for name, route, method, view in ADDRESSES:
        if method != "get" or "<slug:slug>" not in route or (name == COMPARE and "," not in versions):
            continue
        path = route.replace("<slug:slug>", project.slug) + (f"?models={versions}" if name == COMPARE else "")
        if rest := re.findall(r"<\w+:(\w+)>", path):
            row = next((row for word, row in first.items() if word in name.rpartition(":")[2]), None)
            if row is None:
                continue
            path = re.sub(r"<\w+:(\w+)>", lambda match, row=row: str(getattr(row, match[1])), path)
            assert len(rest) == 1
        found.append((name, path, who_may(name, view, method)))
    return found


def draft_of(project) -> ImportDraft:
    path = default_storage.save("uploads/draft", ContentFile(b"text\none more\n"))
    return ImportDraft.objects.create(project=project, format="csv", path=path)


def looked_at(desk, roles: Collection[str] = ROLES) -> set[str]:
    """Gets every page and every address of REST as everybody; the names of what was seen.

    Who is refused, is so before anybody asks what the project is about: as text of the first kind, and where an address
    is not there for every kind.
    """
    seen, addresses = set(), addresses_of(desk)
    is_first = desk.kind.name == next(iter(KINDS)) and desk.project.modality == "text"
    for role in roles:
        browser = Client()
        if role != "anonymous":
            browser.force_login(getattr(desk.people, role))
        for name, path, allowed in addresses:
            if not (role in allowed or is_first or name in MISSING):
                continue
            response = browser.get(path)
            if role not in allowed:
                assert response.status_code in (302, 401, 403, 404), (name, role)
            elif name in MISSING and MISSING[name](desk.kind):
                assert response.status_code == 404, (name, role)
            else:
                assert response.status_code == 200, (name, role)
                seen.add(name)
    return seen


PAGES = {
    "pages:project", "pages:annotate", "pages:items", "pages:imports", "pages:export", "pages:members",
    "pages:settings", "learning-pages:runs", "learning-pages:models",
}  # fmt: skip


def test_every_page_is_there_for_whoever_may_see_it_before_and_after_the_work(desk):
    assert looked_at(desk, AT_WORK) >= PAGES
    desk.bring_in()
    desk.answer_all(60)
    learned(desk)
    seen = looked_at(desk)
    assert seen >= PAGES | {"pages:item", "pages:import", "learning-pages:run"}
    assert ("learning-pages:model" in seen) == (desk.kind.family != NO_FAMILY)
    assert ("learning-pages:ranking" in seen) == desk.kind.ranks_items


def test_it_can_be_chosen_where_a_project_is_made(kind, people):
    people.manager.is_superuser = True
    people.manager.save()
    browser = Client()
    browser.force_login(people.manager)
    page = browser.get("/projects/new/").content.decode()
    assert f'value="{kind.name}"' in page
    assert kind.words.title in page


def test_every_kind_is_held_to_the_contract_of_its_script():
    """``tests/js/workspace.test.js`` runs in a browser and cannot see the registry."""
    cases = (Path(__file__).parents[2] / "js/workspace.test.js").read_text()
    assert [name for name in KINDS if not re.search(rf"^  {name}: {{", cases, re.MULTILINE)] == []
