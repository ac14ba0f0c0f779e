"""A project of pairs leaves as the files of trainers and tools, over REST and as a snapshot, to who may have it."""

import io
import json

import pyarrow.parquet as pq
import pytest

from labeling.models import Snapshot
from labeling.services.exports import DATA_SETS
from labeling.services.exports.snapshots import opened, run_snapshot
from tests.factories import make_project
from tests.learning.pairwise.people import bring, honest, item_rows, judgments, make_pairwise_project
from tests.learning.pairwise.test_run import learn

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(people):
    made = make_pairwise_project(people.manager)
    bring(made, people.manager, item_rows(2, 4))
    bring(made, people.manager, judgments(0, 20, {"ann": honest, "bob": honest}, 1, 4))
    return made


def export(client, project, **query: str) -> bytes:
    address = f"/api/v1/projects/{project.slug}/export/?" + "&".join(f"{name}={value}" for name, value in query.items())
    response = client.get(address)
    assert response.status_code == 200, response.json()
    assert "attachment" in response["Content-Disposition"]
    return b"".join(response.streaming_content)


def test_each_is_written_and_kept(project, people, api):
    learn(project)
    client = api(people.manager)
    found = {name: export(client, project, format=name) for name in DATA_SETS}
    assert all(found.values())
    preferred = [json.loads(line) for line in found["trl-preference"].splitlines()]
    assert [line["chosen_external_id"] for line in preferred] == [
        row["chosen_external_id"] for row in map(json.loads, export(client, project, rows="preferences").splitlines())
    ]
    assert len(found["trl-unpaired"].splitlines()) == 2 * len(preferred)
    ranked = pq.read_table(io.BytesIO(found["ranking"])).to_pylist()
    assert [row["external_id"] for row in ranked] == [line.split()[2] for line in found["qrels"].decode().splitlines()]
    assert ranked[0]["grade"] > ranked[-1]["grade"]
    made = client.post(f"/api/v1/projects/{project.slug}/snapshots/", {"format": "trl-preference"}, format="json")
    assert (made.status_code, made.json()["rows"]) == (202, "preferences")
    snapshot = Snapshot.objects.get()
    run_snapshot(snapshot.pk)
    snapshot.refresh_from_db()
    with opened(snapshot) as file:
        assert file.read() == found["trl-preference"]
    assert client.get(f"/api/v1/snapshots/{snapshot.public_id}/file/").status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"format": "trl-preference", "rows": "scores"}, "rows"),
        ({"format": "ranking", "split": "pool"}, "split"),
        ({"format": "trl-preference", "columns": "prompt"}, "columns"),
        ({"format": "trl"}, "format"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(project, people, api, query, field):
    response = api(people.manager).get(f"/api/v1/projects/{project.slug}/export/", query)
    assert response.status_code == 400
    assert field in response.json()


@pytest.mark.parametrize(("kind", "modality"), [("classification", "text"), ("pairwise", "tabular")])
def test_a_project_that_has_no_such_rows_is_refused_and_offered_none(people, api, client, kind, modality):
    made = make_project(slug="other", kind=kind, modality=modality, labels=(), manager=people.manager)
    response = api(people.manager).get("/api/v1/projects/other/export/", {"format": "trl-preference"})
    assert response.status_code == 400
    assert "format" in response.json()
    client.force_login(people.manager)
    page = client.get(f"/p/{made.slug}/export/?format=trl-preference").content.decode()
    assert "trl-preference" not in page


def test_the_page_offers_them(project, people, client):
    client.force_login(people.manager)
    page = client.get(f"/p/{project.slug}/export/?format=trl-unpaired").content.decode()
    assert "rows=preferences" in page
    assert f"{project.slug}-trl-unpaired.jsonl" in page
    assert all(f'value="{name}"' in page for name in DATA_SETS)
