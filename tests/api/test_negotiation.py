"""Which form an answer has, by what the client says it accepts."""

import pytest
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from labeling.api.negotiation import OneRenderer
from labeling.api.renderers import OrjsonRenderer

ACCEPTED = [
    "*/*", "application/json", "application/json; indent=4", "text/html, */*;q=0.1", "application/*",
]  # fmt: skip


@pytest.mark.parametrize("accept", [None, *ACCEPTED])
def test_the_short_way_gives_what_the_long_one_gives(accept):
    head = {} if accept is None else {"HTTP_ACCEPT": accept}
    request = Request(APIRequestFactory().get("/", **head))
    renderer = OrjsonRenderer()
    expected = DefaultContentNegotiation().select_renderer(request, [renderer])
    assert OneRenderer().select_renderer(request, [renderer]) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(("accept", "status"), [("text/html", 406), ("*/*", 200), ("application/json", 200)])
def test_a_form_there_is_not_is_refused(project, people, api, accept, status):
    answer = api(people.annotator).get("/api/v1/projects/", HTTP_ACCEPT=accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
