"""A scale from the upload to the export, by REST and on pages."""

import csv
import io
import json
from statistics import median

import pytest

from labeling.models import Annotation, Item, Member, Project, Role, Split
from labeling.selectors.agreement import agreement
from tests.factories import UserFactory, make_answer, make_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(people, api) -> Project:
    """Made as a manager makes it: two named ends."""
    made = api(people.superuser).post(
        "/api/v1/projects/",
        {
            "slug": "jokes", "name": "Jokes", "kind": "rating", "modality": "text", "purpose": "How funny?",
            "labels": [{"name": "1 not at all"}, {"name": "5 very"}], "settings": {"overlap": 2},
        },
        format="json",
    )  # fmt: skip
    assert made.status_code == 201, made.json()
    project = Project.objects.get(slug="jokes")
    for role in (Role.MANAGER, Role.ANNOTATOR, Role.REVIEWER, Role.VIEWER):
        Member.objects.create(project=project, user=getattr(people, role.value), role=role)
    return project


def rows_of(client, form="jsonl", rows="items"):
    got = client.get(f"/api/v1/projects/jokes/export/?format={form}&rows={rows}")
    assert got.status_code == 200
    return b"".join(got.streaming_content)


def test_the_scale_is_in_the_project_as_rest_has_it(people, api, project):
    labels = api(people.manager).get("/api/v1/projects/jokes/").json()["labels"]
    assert [label["name"] for label in labels] == ["1", "2", "3", "4", "5"]
    assert [label["hotkey"] for label in labels] == list("12345")


def test_a_rating_is_given_changed_and_taken_back(people, api, project):
    make_items(project, ["a joke"])
    client = api(people.annotator)
    (task,) = client.post("/api/v1/projects/jokes/tasks/next/", {"count": 1}, format="json").json()
    assert task["kind"] == "rating"
    address = f"/api/v1/tasks/{task['id']}/answer/"

    def put(answer):
        return client.put(address, {"answer": answer, "elapsed_ms": 800}, format="json")

    assert put({"rating": 4}).status_code == 201
    assert put({"rating": "4"}).status_code == 200, "the same step"
    assert Annotation.objects.current().get().revision == 1
    assert put({"rating": 2}).status_code == 200
    refused = put({"rating": 6})
    assert refused.status_code == 400
    assert "rating" in json.dumps(refused.json())
    assert put({"label": "4"}).status_code == 400
    assert Annotation.objects.current().get().answer == {"rating": 2}
    assert client.delete(address).status_code in (200, 204)
    assert not Annotation.objects.current().filter(answer__isnull=False).exists()
    stranger = api(people.stranger)
    assert stranger.put(address, {"answer": {"rating": 3}, "elapsed_ms": 1}, format="json").status_code == 404


def test_the_export_has_the_median_with_its_interval(people, api, project):
    items = make_items(project, ["one", "two", "three"])
    for item, given in zip(items, [(3, 4), (1, 5), (2,)], strict=True):
        for step, person in zip(given, (people.annotator, people.reviewer), strict=False):
            make_answer(item, person, {"rating": step})
    client = api(people.manager)
    found = {row["text"]: row for row in map(json.loads, rows_of(client).splitlines())}
    shown = {
        text: (row["label"], row["label_low"], row["label_high"], row["label_coverage"]) for text, row in found.items()
    }
    assert shown == {"one": (3.5, 3, 4, 0.5), "two": (3, 1, 5, 0.5), "three": (2, 2, 2, 0)}
    assert found["one"]["soft_label"] == {"3": 0.5, "4": 0.5}
    table = list(csv.DictReader(io.StringIO(rows_of(client, "csv").decode("utf-8-sig"))))
    assert [float(row["label"]) for row in table] == [3.5, 3, 2]
    answers = [row["answer"] for row in map(json.loads, rows_of(client, rows="annotations").splitlines())]
    assert answers == [{"rating": step} for step in (3, 4, 1, 5, 2)]


def test_parquet_has_the_median_as_a_number(people, api, project):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (item,) = make_items(project, ["one"])
    make_answer(item, people.annotator, {"rating": 3})
    table = pq.read_table(io.BytesIO(rows_of(api(people.manager), "parquet")))
    assert table.schema.field("label").type == pa.float64()
    assert table.column("label").to_pylist() == [3.0]


def bring(client, rows):
    made = client.post("/api/v1/projects/jokes/imports/", {"rows": rows}, format="json")
    assert made.status_code == 202, made.json()
    return client.get(f"/api/v1/projects/jokes/imports/{made.json()['id']}/").json()


def test_existing_ratings_are_imported_and_bad_ones_named(people, api, project, django_capture_on_commit_callbacks):
    client = api(people.manager)
    with django_capture_on_commit_callbacks(execute=True):
        bring(client, [{"text": f"joke {n}", "label": value} for n, value in enumerate([5, "1", "2.0", 7, "great"])])
    from labeling.models import ImportBatch
    from labeling.services.imports.run import run_import

    batch = ImportBatch.objects.get()
    run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.accepted, batch.rejected) == (3, 2)
    assert sorted(row["rating"] for row in Annotation.objects.values_list("answer", flat=True)) == [1, 2, 5]
    rejections = client.get(f"/api/v1/projects/jokes/imports/{batch.public_id}/rejections/").json()["results"]
    assert all("not a step of the scale" in row["reason"] for row in rejections)


def test_a_scale_may_come_with_the_first_import(people, api):
    api(people.superuser).post(
        "/api/v1/projects/",
        {"slug": "jokes", "name": "Jokes", "kind": "rating", "modality": "text", "labels": []},
        format="json",
    )
    project = Project.objects.get(slug="jokes")
    from labeling.services.imports.run import run_import
    from labeling.services.imports.start import start_import

    batch = start_import(people.superuser, project, rows=[{"text": f"j{n}", "label": n} for n in (10, 2, 9, 1)])
    run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.accepted) == ("done", 4)
    assert list(project.labels.in_use().values_list("name", flat=True)) == [str(step) for step in range(1, 11)]


def test_agreement_goes_by_how_far_people_are_apart(people, project):
    items = make_items(project, [f"joke {n}" for n in range(12)])
    other = UserFactory()
    for n, item in enumerate(items):
        make_answer(item, people.annotator, {"rating": n % 5 + 1})
        make_answer(item, other, {"rating": min(n % 5 + 2, 5)})
    found = agreement(project)
    assert found["items"] == 12
    assert found["percent"] < 0.2
    assert found["alpha"] > 0.5, "a step apart nearly everywhere is far from chance"


def test_every_page_of_the_project_opens_for_each_role(people, browser_of, project):
    (item,) = make_items(project, ["a joke"])
    make_answer(item, people.annotator, {"rating": 4})
    pages = (
        "",
        "annotate/",
        "imports/",
        "items/",
        f"items/{item.pk}/",
        "export/",
        "members/",
        "settings/",
        "models/",
        "runs/",
    )
    for role in ("manager", "reviewer", "annotator", "viewer"):
        client = browser_of(getattr(people, role))
        for page in pages:
            assert client.get(f"/p/jokes/{page}").status_code in (200, 403), (role, page)
    assert browser_of(people.stranger).get("/p/jokes/").status_code == 404
    page = browser_of(people.annotator).get("/p/jokes/annotate/")
    shown = page.content().decode() if callable(getattr(page, "content", None)) else page.content.decode()
    for step in "12345":
        assert f'data-label="{step}"' in shown
    assert "not at all" in shown


def test_a_manager_makes_one_in_the_form(people, browser_of):
    page = browser_of(people.superuser).get("/projects/new/").content.decode()
    assert "Rating (one step of a scale)" in page
    made = browser_of(people.superuser).post(
        "/projects/new/",
        {
            "name": "Essays",
            "kind": "rating",
            "modality": "text",
            "purpose": "",
            "instructions": "",
            "labels": "1 weak\n6 strong",
        },
    )
    assert made.status_code == 302, made.content.decode()[-3000:]
    project = Project.objects.get(name="Essays")
    assert list(project.labels.in_use().values_list("name", flat=True)) == [str(step) for step in range(1, 7)]


def test_a_changed_step_is_out_of_the_scale_but_its_answers_stay_in_the_export(people, api, project):
    items = make_items(project, ["one", "two"])
    for item, step in zip(items, (5, 3), strict=True):
        make_answer(item, people.annotator, {"rating": step})
    labels = [{"name": str(step)} for step in range(1, 5)]
    assert api(people.manager).patch("/api/v1/projects/jokes/", {"labels": labels}, format="json").status_code == 200
    assert [row["label"] for row in map(json.loads, rows_of(api(people.manager)).splitlines())] == [5, 3]
    assert Item.objects.filter(split=Split.POOL).count() == 2
    assert median([5, 3]) == 4
