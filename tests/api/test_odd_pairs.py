"""Bodies and addresses nobody should send, about pairs: every one a 4xx that names the field, nothing stored."""

import pytest

from labeling.models import Annotation, Context, Pair, Task
from labeling.services.serving.next_tasks import next_tasks
from tests.labeling.imports.conftest import bring_in  # noqa: F401 - a fixture
from tests.labeling.pairs.conftest import consistent, debates, filled, item  # noqa: F401 - fixtures
from tests.learning.pairwise.people import bring, item_rows, make_pairwise_project

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def task(filled, people):  # noqa: F811
    return next_tasks(people.annotator, filled, 1)[0]


def put(client, task, body):
    return client.put(f"/api/v1/tasks/{task.pk}/answer/", body, format="json")


ODD_ANSWERS = [
    None, {}, [], "left", 7, {"winner": None}, {"winner": "LEFT"}, {"winner": ["left"]}, {"winner": {"winner": "left"}},
    {"winner": "left", "why": "x"}, {"winner": "first"}, {"winner": ""}, {"winner": True}, {"winner": "left\0"},
    {"label": "left"}, {"winner": "x" * 100_000},
]  # fmt: skip


def test_answers_outside_the_four_are_refused(task, people, api):
    for answer in ODD_ANSWERS:
        response = put(api(people.annotator), task, {"answer": answer})
        assert response.status_code == 400, answer
    assert not Annotation.objects.exists()


ODD_PAGES = [
    ("ui_version", "x" * 41), ("ui_version", 3), ("ui_version", []), ("ui_version", "a\0b"),
    ("viewport", "tiny"), ("viewport", None), ("viewport", 1), ("viewport", ["wide"]), ("viewport", {}),
    ("viewport", "wide" * 1000), ("elapsed_ms", -1), ("elapsed_ms", 2**31), ("elapsed_ms", 1.5),
    ("elapsed_ms", True), ("elapsed_ms", "9"),
]  # fmt: skip


def test_what_is_said_about_the_page_is_bounded(task, people, api):
    for field, value in ODD_PAGES:
        response = put(api(people.annotator), task, {"answer": {"winner": "left"}, field: value})
        assert (response.status_code, field in response.json()) == (400, True), (field, value)
    assert not Annotation.objects.exists()


def test_bodies_that_are_no_answers(task, people, api):
    client, address = api(people.annotator), f"/api/v1/tasks/{task.pk}/answer/"
    for body in (b"", b"[]", b"null", b"{", b'"left"', b"\xff", b'{"answer": NaN}', b"[" * 100_000):
        assert client.put(address, body, content_type="application/json").status_code == 400, body[:20]


def test_a_body_beyond_the_limit_is_refused(task, people, api):
    body = b'{"answer": {"winner": "left"}, "x": "' + b"a" * 2**20 + b'"}'
    response = api(people.annotator).put(f"/api/v1/tasks/{task.pk}/answer/", body, content_type="application/json")
    assert response.status_code == 413


def test_what_is_anothers_is_not_there(task, filled, people, api):  # noqa: F811
    other = make_pairwise_project(people.stranger, "others")
    bring(other, people.stranger, item_rows(1, 3))
    context = Context.objects.get(project=other)
    mine = api(people.annotator)
    manager = api(people.manager)
    assert put(api(people.reviewer), task, {"answer": {"winner": "left"}}).status_code == 404
    for part in ("left", "right", "context"):
        assert api(people.stranger).get(f"/api/v1/tasks/{task.pk}/preview/{part}/").status_code == 404
        assert mine.get(f"/api/v1/tasks/{task.pk}/preview/{part}/").status_code == 404, "a text has no picture"
    for address in ("0", str(2**63), str(2**80)):
        assert manager.get(f"/api/v1/contexts/{address}/").status_code == 404
        assert manager.delete(f"/api/v1/contexts/{address}/").status_code == 404
        assert manager.post(f"/api/v1/items/{address}/set-aside/").status_code == 404
        assert mine.get(f"/api/v1/tasks/{address}/preview/left/").status_code == 404
    for verb, path in (("get", ""), ("delete", ""), ("post", "set-aside/"), ("post", "restore/")):
        assert getattr(manager, verb)(f"/api/v1/contexts/{context.pk}/{path}").status_code == 404
    stranger = context.members.first()
    assert manager.post(f"/api/v1/items/{stranger.pk}/set-aside/").status_code == 404
    assert manager.get(f"/api/v1/projects/{filled.slug}/scores/?context={context.pk}").status_code == 400
    assert manager.get(f"/api/v1/projects/{other.slug}/scores/?context={context.pk}").status_code == 404


def test_scores_of_what_is_no_context(filled, people, api):  # noqa: F811
    manager = api(people.manager)
    for context in ("", "x", "-1", "1.5", str(2**63), str(2**200), "%00", "1&limit=0", "1&limit=x"):
        response = manager.get(f"/api/v1/projects/{filled.slug}/scores/?context={context}")
        assert response.status_code in (400, 404), context


ODD_ROWS = [
    {"left": "c0i0", "right": ["c0i1"]}, {"left": {}, "right": "c0i1"}, {"left": "c0i0", "right": "c0i1\0"},
    {"left": "c0i0", "right": "c0i1", "winner": ["left"]}, {"left": "c0i0", "right": "c0i1", "gold": 3},
    {"left": "c0i0", "right": "c0i1", "winner": "left", "annotator": "x" * 151},
    {"left": "c0i0", "right": "c0i1", "winner": "left", "annotator": {"name": "x"}},
    {"left": "c0i0", "right": "c0i1", "winner": "left", "elapsed_ms": [1]},
    {"left": "c0i0", "right": "c0i1", "winner": "left", "elapsed_ms": "9" * 5000},
    {"left": True, "right": "c0i1"}, {"left": "x" * 201, "right": "c0i1"}, {"left": "c0i0"},
    {"text": "a", "context": []}, {"text": "a", "context": {"text": {"a": 1}}}, {"text": "a", "context": 1e400},
    {"text": "a", "context": {"text": "q", "facts": [["a", 1]]}}, {"text": "a", "context": {"facts": {"a": ["b"]}}},
    {"text": "a", "context": {"text": "q", "facts": {str(n): n for n in range(51)}}},
    {"text": "a", "context": {"id": [], "text": "q"}}, {"text": "a", "context": {"text": "q", "split": "test"}},
    {"text": "a", "context": {"text": "q", "split": ["eval"]}}, {"text": "a", "context": "   "},
    {"text": "a", "context": {"id": "c0", "text": "renamed?"}}, {"text": "a", "context": {"id": "unknown"}},
]  # fmt: skip


def test_odd_rows_are_rejected_one_by_one(filled, bring_in):  # noqa: F811
    batch = bring_in(filled, [*ODD_ROWS, {"left": "c0i0", "right": "c0i1", "winner": "left", "annotator": "ann"}])
    assert (batch.state, batch.accepted, batch.rejected) == ("done", 1, len(ODD_ROWS)), batch.error
    assert [no.row for no in batch.rejections.order_by("row")] == list(range(1, len(ODD_ROWS) + 1))
    assert Pair.objects.count() == Annotation.objects.count() == 1
    consistent(filled)
    assert not Task.objects.exists()
