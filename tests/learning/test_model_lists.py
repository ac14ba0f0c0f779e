"""Lists of model versions cost the same however much each version knows about itself."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learning.models import Decision, ModelVersion, Status
from learning.services.registry.promotion import earlier_champion

pytestmark = pytest.mark.django_db

N_VERSIONS = 12


@pytest.fixture
def versions(project) -> list[ModelVersion]:
    made = ModelVersion.objects.bulk_create(
        ModelVersion(
            project=project, number=number, status=Status.CHAMPION if number == N_VERSIONS else Status.RETIRED,
            encoder="e", learner="l", strategy="auto", trained_on=number, report={"confusion": [[1] * 77] * 77},
            labels=[f"label {name:04}" for name in range(1000)],
        )
        for number in range(1, N_VERSIONS + 1)
    )  # fmt: skip
    for version in made:  # twice each, as after a rollback
        for _ in range(2):
            Decision.objects.create(
                project=project, model_version=version, before="candidate", after="champion", reason="r"
            )
    return made


def rows_of_reports(queries: CaptureQueriesContext) -> list[str]:
    """Statements that read reports, or the names of the labels, of more versions than the newest three."""
    return [
        query["sql"]
        for query in queries
        if any(f'"learning_modelversion"."{name}",' in query["sql"] for name in ("report", "labels"))
        and not query["sql"].endswith(("LIMIT 1", "LIMIT 3"))
    ]


@pytest.mark.parametrize("address", ["/p/sms/models/", "/api/v1/projects/sms/models/"])
def test_no_list_reads_reports(versions, people, browser_of, address):
    client = browser_of(people.viewer)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200
    assert rows_of_reports(queries) == []


def test_a_list_leaves_the_label_tables_to_the_version_itself(versions, people, api):
    client = api(people.viewer)
    response = client.get("/api/v1/projects/sms/models/")
    first = response.json()["results"][0]
    assert (first["labels"], first["n_labels"]) == (None, 1000)
    assert len(response.content) < 1_000 * N_VERSIONS
    whole = client.get(f"/api/v1/models/{first['id']}/").json()
    assert (len(whole["labels"]), whole["n_labels"]) == (1000, 1000)


def test_each_row_of_the_list_costs_no_query(versions, people, browser_of):
    client = browser_of(people.viewer)
    client.get("/api/v1/projects/sms/models/")
    counts = []
    for limit in (2, N_VERSIONS):
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(f"/api/v1/projects/sms/models/?limit={limit}").json()["results"]) == limit
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_champion_before_is_found_once_without_sorting_what_it_knows(versions):
    with CaptureQueriesContext(connection) as queries:
        assert earlier_champion(versions[-1]) == versions[-2]
    assert "DISTINCT" not in queries.captured_queries[0]["sql"]
    assert earlier_champion(versions[-1], 3) == versions[2]
    Decision.objects.filter(model_version=versions[-2]).delete()
    assert earlier_champion(versions[-1]) == versions[-3]
