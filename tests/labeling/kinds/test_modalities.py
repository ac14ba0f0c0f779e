"""The contract of every kind once more on pictures and on table rows: from the import to the export, every page."""

import csv
import io

import pytest
from django.core.files.base import ContentFile

from labeling.kinds import NO_FAMILY
from labeling.models import Annotation, JobState, Source, Task
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.recount import differences
from labeling.selectors.row_shapes import row_names_of
from labeling.services.exports import FOLDERS, FORMATS
from labeling.services.imports import run_import, start_import
from tests.labeling.imports.conftest import picture, zip_of
from tests.labeling.kinds.conftest import API, Desk, opened
from tests.labeling.kinds.samples import SAMPLES, Json
from tests.labeling.kinds.test_contract import AT_WORK, PAGES, learned, looked_at

pytestmark = pytest.mark.django_db


class OtherDesk(Desk):
    """A desk whose items are the sample's texts as pictures or as table rows."""

    @property
    def texts(self) -> dict[str, str]:
        return {row["id"]: row["text"] for row in self.sample.rows if "text" in row}

    def upload(self) -> dict:
        if self.project.modality == "tabular":
            return {"rows": [_as_table_row(row) for row in self.sample.rows]}
        return {"file": ContentFile(_as_zip(self.sample.rows)), "file_name": "a.zip"}

    def bring_in(self) -> None:
        batch = start_import(self.people.manager, self.project, **self.upload())
        run_import(batch.pk)
        batch.refresh_from_db()
        assert (batch.state, batch.rejected) == ("done", 0), list(batch.rejections.values())
        self.project.refresh_from_db()

    def truth(self, task: Json) -> Json:
        """What the sample says of the same items as texts."""
        asked = Task.objects.select_related("item", "pair__first", "pair__second").get(pk=task["id"])
        if asked.item is not None:
            return self.sample.truth({"item": {"text": self.texts[asked.item.external_id]}})
        left = asked.pair.first if asked.pair.first_id == asked.left_id else asked.pair.second
        sides = {"left": left, "right": asked.pair.other(left.pk)}
        return self.sample.truth({side: {"text": self.texts[item.external_id]} for side, item in sides.items()})

    def answer_truly(self, n: int) -> None:
        given = 0
        while given < n and (tasks := self.next(10)):
            for task in tasks:
                assert self.answer(task, self.truth(task)).status_code == 201
                given += 1


def _as_table_row(row: Json) -> Json:
    if "text" not in row:
        return row
    words = row["text"].split()
    number = next(int(word) for word in words if word.isdigit())
    return {**{name: value for name, value in row.items() if name != "text"}, "number": number, "words": len(words)}


def _as_zip(rows: list[Json]) -> bytes:
    """``items.csv`` with the rows, and a picture for each text."""
    flat, files = [], {}
    for n, row in enumerate(rows):
        line = {name: value for name, value in row.items() if name not in ("text", "context")}
        if "text" in row:
            line["image"] = f"{n}.png"
            files[line["image"]] = picture(n, (24, 16))
        if "context" in row:
            line |= {"context_id": row["context"]["id"], "context": row["context"]["text"]}
        if isinstance(line.get("label"), list):
            line["label"] = "|".join(line["label"]) or "[]"
        flat.append(line)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for line in flat for name in line)))
    writer.writeheader()
    writer.writerows(flat)
    return zip_of({"items.csv": text.getvalue().encode(), **files})


@pytest.fixture(params=["image", "tabular"])
def other_desk(request, kind, people) -> OtherDesk:
    return OtherDesk(kind, opened(kind, people, request.param), SAMPLES[kind.name], people)


def test_what_can_be_done_with_texts_can_be_done_with_pictures_and_table_rows(other_desk):
    desk = other_desk
    desk.bring_in()
    imported = Annotation.objects.current().filter(project=desk.project, source=Source.IMPORT)
    assert imported.count() == desk.sample.imported

    (task,) = desk.next()
    shown = task.get("item") or task["left"]
    assert bool(shown["image"]) == (desk.project.modality == "image")
    assert bool(shown["fields"]) == (desk.project.modality == "tabular")
    for wrong in desk.sample.wrong:
        assert desk.answer(task, wrong).status_code == 400, wrong
    truth = desk.truth(task)
    assert [desk.answer(task, answer).status_code for answer in (truth, truth, desk.sample.other)] == [201, 200, 200]
    address = f"/api/v1/tasks/{task['id']}"
    assert desk.client().delete(f"{address}/answer/").status_code == 200
    assert desk.client().post(f"{address}/skip/", {"reason": "unclear"}, format="json").status_code == 200
    desk.answer_truly(40)
    assert [str(found) for found in differences(desk.project)] == []

    client = desk.client("viewer")
    for rows in row_names_of(desk.project):
        for form in [*FORMATS, *(name for name, form in FOLDERS.items() if not form.refuse(desk.project, rows))]:
            response = client.get(f"{API}/export/?format={form}&rows={rows}")
            assert response.status_code == 200, (rows, form)
            b"".join(response.streaming_content)  # to its end
    given = [row["answer"] for row in export_rows(desk.project, "annotations", Filters(source="human"))]
    people = Annotation.objects.current().filter(project=desk.project, source=Source.HUMAN).order_by("pk")
    assert given == list(people.values_list("answer", flat=True))

    run = learned(desk)
    assert run.state == (JobState.SKIPPED if desk.kind.family == NO_FAMILY else JobState.DONE), run.reason or run.error
    assert looked_at(desk, AT_WORK) >= PAGES | {"pages:item", "pages:import"}
