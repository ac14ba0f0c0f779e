"""Nothing between the server and a person may keep what the API said; files that never change say so themselves."""

import pytest

from tests.api.everything import address, endpoints, one_of_everything

pytestmark = pytest.mark.django_db
READ = [endpoint for endpoint in endpoints() if endpoint.method == "GET"]


@pytest.mark.parametrize("endpoint", READ, ids=str)
def test_no_answer_may_be_kept_in_between(endpoint, api, project, people):
    path = address(endpoint, project, one_of_everything(project, people.manager))
    for client in (api(people.manager), api(people.stranger), api()):
        answer = client.get(path)
        kept = answer.headers["Cache-Control"]
        assert kept == "private, no-store" or ("private" in kept and answer.headers.get("ETag")), kept


def test_a_refused_change_and_an_unknown_address_neither(api, people, project):
    assert (
        api(people.manager).patch("/api/v1/projects/sms/", {"nonsense": 1}).headers["Cache-Control"]
        == "private, no-store"
    )
    assert api().get("/api/v1/nowhere/").headers["Cache-Control"] == "private, no-store"
