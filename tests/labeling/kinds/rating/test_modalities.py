"""Pictures and table rows are rated as texts are: over REST from the upload to the model that learned the scale."""

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.models import ImportBatch, Item, Member, Project, Role, Split
from labeling.services.imports import run_import
from learning.models import ModelVersion
from learning.services.pipeline.run import run_training
from learning.services.runs.control import request_run
from tests.e2e.pictures import drawn

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/rated"
N = 24


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)


def pictures() -> SimpleUploadedFile:
    """Coloured shapes; the name of the file says the step."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        lines = ["image,id,label"]
        for n in range(N):
            archive.writestr(f"{n}.jpg", drawn(n, 240))
            lines.append(f"{n}.jpg,row{n},{'3' if n == 1 else ''}")
        archive.writestr("items.csv", "\n".join(lines))
    return SimpleUploadedFile("shapes.zip", target.getvalue())


def table() -> SimpleUploadedFile:
    lines = ["id,weight,colour,label"]
    lines += [f"row{n},{n * 1.5},{'red' if n % 2 else 'blue'},{'3' if n == 1 else ''}" for n in range(N)]
    return SimpleUploadedFile("rows.csv", "\n".join(lines).encode())


@pytest.mark.parametrize(("modality", "upload"), [("image", pictures), ("tabular", table)])
def test_a_scale_of_pictures_and_of_rows_from_upload_to_model(people, api, browser_of, modality, upload):
    made = api(people.superuser).post(
        "/api/v1/projects/",
        {
            "slug": "rated", "name": "Rated", "kind": "rating", "modality": modality, "settings": {"eval_share": 0.3},
            "labels": [{"name": "1 whole"}, {"name": "5 ruined"}],
        },
        format="json",
    )  # fmt: skip
    assert made.status_code == 201, made.json()
    project = Project.objects.get(slug="rated")
    for role in (Role.MANAGER, Role.ANNOTATOR):
        Member.objects.create(project=project, user=getattr(people, role.value), role=role)
    sent = api(people.manager).post(f"{API}/imports/", {"file": upload()}, format="multipart")
    assert sent.status_code == 202, sent.json()
    run_import(ImportBatch.objects.get().pk)
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.accepted, batch.rejected) == ("done", N, 0), list(batch.rejections.values())

    client = api(people.annotator)
    given = {}
    while tasks := client.post(f"{API}/tasks/next/", {"count": 10}, format="json").json():
        for task in tasks:
            assert (task["kind"], task["modality"]) == ("rating", modality)
            shown = task["item"]
            assert bool(shown["image"]) == (modality == "image")
            assert [name for name, _ in shown["fields"]] == ([] if modality == "image" else ["weight", "colour"])
            step = task["id"] % 5 + 1
            put = client.put(f"/api/v1/tasks/{task['id']}/answer/", {"answer": {"rating": step}}, format="json")
            assert put.status_code == 201, put.json()
            given[task["id"]] = step
    assert len(given) >= N - 1, "one of them came with its rating"

    got = api(people.manager).get(f"{API}/export/?format=jsonl&rows=items")
    rows = [json.loads(line) for line in b"".join(got.streaming_content).splitlines()]
    steps = dict(Item.objects.filter(project=project, tasks__isnull=False).values_list("external_id", "tasks__pk"))
    assert {row["external_id"]: row["label"] for row in rows if row["external_id"] in steps} == {
        name: given[task] for name, task in steps.items()
    }

    run_training(request_run(people.manager, project).pk)
    version = ModelVersion.objects.get(project=project)
    assert version.learner == "ordinal_logistic"
    assert next(iter(version.metrics)) == "quadratic_kappa"
    assert Item.objects.filter(project=project, split=Split.EVAL).exists()
    pages = browser_of(people.manager)
    for page in ("", "items/", "models/", "models/1/", "models/1/mistakes/", "annotate/"):
        assert pages.get(f"/p/rated/{page}").status_code == 200, page
