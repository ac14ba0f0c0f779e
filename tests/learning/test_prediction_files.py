"""Files of rows that a worker asks the model about: once each whatever dies, as a request would be answered."""

import io
from datetime import timedelta

import orjson
import pyarrow.parquet as pq
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F

from labeling.models import ApiToken, AuditEvent, Member, Project
from labeling.services.housekeeping import would_free
from learning.models import ModelVersion, PredictionCaller, PredictionFile, ServedPrediction, Status
from learning.services import files, retention
from learning.services.prediction_files import run
from learning.services.prediction_files.run import run_file
from learning.services.serving import loading
from tests.learning.predictor import served_in_process
from tests.learning.test_predict import HAM, SPAM, build

pytestmark = pytest.mark.django_db
FILES = "/api/v1/projects/texts/predictions/files/"
N = 8
LINES = [f'a{n},"{SPAM if n % 2 else HAM}",of an import' for n in range(N)]
SENT = "\r\n".join(["id,text,label", *LINES[:4], 'bad,"",ham', *LINES[4:]]).encode()


@pytest.fixture
def version(people, built_once, monkeypatch):
    built_once(lambda: build(people.manager))
    served_in_process(monkeypatch)
    monkeypatch.setattr(loading, "FRESH_S", -1.0)
    monkeypatch.setattr(run, "CHUNK_ROWS", 3)
    found = ModelVersion.objects.select_related("project").get()
    for role in ("viewer", "annotator", "reviewer"):
        Member.objects.get_or_create(project=found.project, user=getattr(people, role), defaults={"role": role})
    return found


@pytest.fixture
def program(api, people):
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {ApiToken.issue(people.viewer, 'nightly', scopes='predict')[1]}")
    return client


def send(client, content=SENT, name="rows.csv", **more):
    return client.post(FILES, {"file": SimpleUploadedFile(name, content), **more}, format="multipart")


def rows_of(client, started, form="jsonl"):
    answer = client.get(f"{FILES}{started['id']}/result/?format={form}")
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


class Killed(BaseException):
    """As when a worker is ended: nothing catches it."""


def test_every_row_is_answered_once_whatever_dies_and_comes_back_in_three_formats(
    version, program, api, people, monkeypatch
):
    started = send(program)
    assert (started.status_code, started.json()["state"]) == (202, "queued"), started.content
    started = started.json()
    asked = PredictionFile.objects.get()
    assert program.get(f"{FILES}{started['id']}/result/").status_code == 409
    stored = files.store
    for dies_at in (0, 1):  # in a first and in a second chunk
        calls = iter(range(10))

        def dies(*args, calls=calls, dies_at=dies_at):
            if next(calls) == dies_at:
                raise Killed
            return stored(*args)

        monkeypatch.setattr(files, "store", dies)
        with pytest.raises(Killed):
            run_file(asked.pk)
        assert ServedPrediction.objects.count() == 3 * dies_at, "kept with the row that says so, or not at all"
        PredictionFile.objects.all().let_go(PredictionFile.objects.get().worker)
    monkeypatch.setattr(files, "store", stored)
    # the file is answered by the version that began, whatever is in use now
    ModelVersion.objects.update(status=Status.RETIRED)
    assert run_file(asked.pk) == {"prediction_file": asked.pk, "state": "done", "rows": N + 1}
    ModelVersion.objects.update(status=Status.CHAMPION)
    assert run_file(asked.pk)["state"] == "done", "again: nothing to do"

    told = program.get(f"{FILES}{started['id']}/").json()
    assert (told["answered"], told["total"], told["refused"], told["model"]) == (N + 1, N + 1, 1, version.number)
    assert told["ok"] + told["unsure"] + told["outliers"] == N == ServedPrediction.objects.count()
    found = [orjson.loads(line) for line in rows_of(program, started).splitlines()]
    assert [one["row"] for one in found] == list(range(1, N + 2))
    assert [one["id"] for one in found] == ["a0", "a1", "a2", "a3", "bad", "a4", "a5", "a6", "a7"]
    refused = found.pop(4)
    assert (refused["status"], refused["field"], refused["label"]) == ("refused", "text", None)
    by_request = program.post(
        "/api/v1/projects/texts/predict/", {"rows": [{"text": SPAM if n % 2 else HAM} for n in range(N)]}, format="json"
    ).json()
    for name in ("label", "probabilities", "sure", "band", "status", "model"):
        assert [one.get(name) for one in found] == [one.get(name) for one in by_request], name
    kept = ServedPrediction.objects.filter(pk__in=[int(one["prediction"]) for one in found])
    assert {(one.token.name, one.asked_by) for one in kept} == {("nightly", people.viewer)}
    assert not default_storage.exists(asked.path), "the upload goes with the end"

    lines = rows_of(program, started, "csv").decode().splitlines()
    assert lines[0].startswith("row,id,status,label,probabilities,sure")
    assert lines[2].split(",")[:4] == ["2", "a1", by_request[1]["status"], "spam"]
    table = pq.read_table(io.BytesIO(rows_of(program, started, "parquet")))
    assert table.column("label").to_pylist()[:2] == ["ham", "spam"]

    # whose it is; and what was answered long ago is forgotten, with its files
    assert [len(api(user).get(FILES).json()["results"]) for user in (people.manager, people.reviewer)] == [1, 0]
    assert api(people.reviewer).get(f"{FILES}{started['id']}/").status_code == 404
    assert api(people.annotator).get(FILES).status_code == 403
    names = [name for name, *_ in PredictionFile.objects.get().parts]
    PredictionFile.objects.update(created_at=F("created_at") - timedelta(days=40))
    assert {one.kind: (one.rows, one.files) for one in would_free(version.project_id)}["prediction files"] == (1, 3)
    freed = retention._drop_prediction_files(version.project_id, lambda: None)
    assert (freed.rows, freed.files, PredictionFile.objects.exists()) == (1, 3, False)
    assert not any(map(default_storage.exists, names))


def test_limits_a_stop_and_what_cannot_be_read(version, program, api, people, monkeypatch):
    project = version.project
    Project.objects.filter(pk=project.pk).update(predictions_a_minute=1, predictions_a_day=4)
    started = send(program).json()
    asked = PredictionFile.objects.get()
    assert run_file(asked.pk)["rows"] == 4, "all that the day has left"
    asked.refresh_from_db()
    assert (asked.state, asked.retry_at is not None) == ("queued", True)
    assert "the next day" in program.get(f"{FILES}{started['id']}/").json()["error"]
    Project.objects.filter(pk=project.pk).update(predictions_a_day=0)
    PredictionFile.objects.update(retry_at=None)
    PredictionCaller.objects.update(stopped_at=asked.created_at, stopped_why="leaked")
    assert run_file(asked.pk)["state"] == "failed"
    told = program.get(f"{FILES}{started['id']}/").json()
    assert (told["answered"], "leaked" in told["error"]) == (4, True)
    PredictionCaller.objects.update(stopped_at=None)

    assert send(program, b"").status_code == 400
    assert "version" in send(program, version=77).json()
    assert send(program, b"label\nham\n").status_code == 400, "no column to ask about"
    for _ in range(5):
        started = send(program)
    assert started.status_code == 202
    assert "wait already" in send(program).content.decode()
    cancelled = program.post(f"{FILES}{started.json()['id']}/cancel/").json()
    assert (cancelled["state"], cancelled["has_result"]) == ("cancelled", False)
    assert run_file(PredictionFile.objects.latest("pk").pk)["state"] == "cancelled"
    assert AuditEvent.objects.filter(action="predictions.cancelled", user_name="viewer").exists()
    assert send(program).status_code == 202, "and there is room again"
    monkeypatch.setattr(run, "CHUNK_BYTES", 1)  # 2,000 texts of a megabyte are not held at once
    long = PredictionFile.objects.latest("pk")
    assert run_file(long.pk)["rows"] == N + 1
    long.refresh_from_db()
    assert [rows for *_, rows in long.parts] == [1, 1, 1, 1, 2, 1, 1, 1]
    assert send(program).status_code == 202
    gone = PredictionFile.objects.latest("pk").pk
    PredictionFile.objects.filter(pk=gone).update(asked_by=None)
    assert run_file(gone)["state"] == "failed"
    assert "is deleted" in PredictionFile.objects.get(pk=gone).error
    PredictionFile.objects.all().delete()
    assert run_file(gone)["state"] == "gone", "with its project, while a message was on its way"
    ModelVersion.objects.update(status=Status.RETIRED)
    assert "no model in use" in send(program).content.decode()
