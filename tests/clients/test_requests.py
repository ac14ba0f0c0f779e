"""The Python client: what is sent again and what is not, what errors say, pages, and questions."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

import querent_client as q
from querent_client.retries import retry_after_s
from tests.clients.scripted import KEY, LOST, REFUSED, Script, told

PACKAGE = Path(q.__file__).parent.parent
PROJECT = {"slug": "sms", "name": "SMS", "kind": "classification", "modality": "text"}
QUEUED = {"id": "1", "state": "queued"}
DONE = {"id": "1", "state": "done", "accepted": 2, "duplicates": 0, "rejected": 0, "total": 2}


# what is sent again


@pytest.mark.parametrize("trouble", [LOST, REFUSED, httpx.ReadTimeout("slow"), told(503), told(429), told(502)])
def test_a_read_is_sent_again_until_it_is_answered(trouble):
    script = Script(trouble, trouble, told(body=PROJECT))
    assert script.project.read()["slug"] == "sms"
    assert len(script.requests) == 3
    first, second = script.pauses_s
    assert 0.25 <= first <= 0.5 <= second <= 1.0


def test_after_all_attempts_the_last_trouble_is_raised_with_its_cause():
    script = Script(LOST)
    with pytest.raises(q.ConnectionLost, match="ReadError") as raised:
        script.project.read()
    assert raised.value.__cause__ is LOST
    assert len(script.requests) == 4
    script = Script(told(503, {"detail": "busy", "code": "busy"}))
    with pytest.raises(q.ServerUnavailable, match="busy"):
        script.project.read()
    assert len(script.requests) == 4


@pytest.mark.parametrize(
    "error",
    [told(400, {}), told(404, {}), told(409, {}), told(500, {}), told(507, {}), httpx.UnsupportedProtocol("ftp")],
)
def test_trouble_that_does_not_pass_is_raised_at_once(error):
    script = Script(error)
    with pytest.raises(q.QuerentError):
        script.project.read()
    assert len(script.requests) == 1


def test_retry_after_is_waited_for_and_one_beyond_patience_is_told():
    script = Script(told(503, {}, Retry_After="7"), told(body=PROJECT))
    script.project.read()
    assert script.pauses_s == [7.0]
    script = Script(told(429, {"detail": "Too many."}, Retry_After="3600"))
    with pytest.raises(q.TooManyRequests) as raised:
        script.project.read()
    assert raised.value.retry_after_s == 3600
    assert (len(script.requests), script.pauses_s) == (1, [])


def test_retry_after_is_a_number_or_a_date():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 90 < retry_after_s(soon) <= 100
    assert retry_after_s("Sun, 06 Nov 1994 08:49:37 GMT") == 0.0
    assert [retry_after_s(text) for text in ("3", "", None, "soon", "-1")] == [3.0, None, None, None, None]


# idempotence


def test_an_import_whose_answer_was_lost_is_sent_again_whole_with_the_same_key(tmp_path):
    (tmp_path / "texts.csv").write_bytes(b"text\n" + b"a line\n" * 30_000)
    script = Script(LOST, told(503, {}), told(202, DONE))
    script.project.imports.file(tmp_path / "texts.csv")
    keys = {request.headers[KEY] for request in script.requests}
    assert (len(script.requests), len(keys)) == (3, 1)
    assert all((tmp_path / "texts.csv").read_bytes() in request.content for request in script.requests)
    script.project.imports.file(tmp_path / "texts.csv")
    assert script.requests[-1].headers[KEY] not in keys


@pytest.mark.parametrize(
    "start",
    [lambda project, key: project.imports.rows([{"text": "a"}], idempotency_key=key, wait=False),
     lambda project, key: project.export.snapshot(idempotency_key=key, wait=False)],
)  # fmt: skip
def test_a_key_of_ones_own_is_sent(start):
    script = Script(LOST, told(202, DONE))
    key = "0b94b3f4-4a39-4e11-9b2b-6a1d1b9a1c11"
    start(script.project, key)
    assert [request.headers[KEY] for request in script.requests] == [key, key]


def test_an_answer_is_sent_again_the_same():
    script = Script(LOST, told(body={"task": 1}))
    script.project.tasks.answer(1, {"label": "ham"}, elapsed_ms=5)
    assert [(one.method, one.url.path, one.content) for one in script.requests] == [
        ("PUT", "/api/v1/tasks/1/answer/", b'{"answer":{"label":"ham"},"elapsed_ms":5}')
    ] * 2


def test_several_answers_go_by_a_hundred_and_what_was_too_fast_goes_again():
    def results(tasks, last=201):
        return told(body={"results": [{"task": n, "status": last if n == tasks[-1] else 201} for n in tasks]})

    script = Script(results(range(70), 429), told(429, {}, Retry_After="3"), results(range(69, 150)))
    given = [{"task": n, "answer": {"label": "ham"}} for n in range(150)]
    assert [one["task"] for one in script.project.tasks.answer_all(given)] == list(range(150))
    sent = [[one["task"] for one in json.loads(request.content)["answers"]] for request in script.requests]
    assert sent == [list(range(100)), list(range(69, 150)), list(range(69, 150))]
    assert script.pauses_s == [3.0]


CREATE = {"name": "SMS", "kind": "classification", "modality": "text"}


def test_a_project_without_a_slug_is_sent_again_only_where_surely_none_was_made():
    script = Script(REFUSED, told(503, {}), told(201, PROJECT))
    assert script.client.create_project(**CREATE).slug == "sms"
    for trouble in (LOST, told(502, {})):
        script = Script(trouble)
        with pytest.raises(q.QuerentError):
            script.client.create_project(**CREATE)
        assert len(script.requests) == 1


TAKEN = {"slug": ["There is a project with this slug."]}


def test_a_project_made_by_the_attempt_whose_answer_was_lost_is_found():
    script = Script(LOST, told(400, TAKEN), told(body=PROJECT))
    assert script.client.create_project(**CREATE, slug="sms").slug == "sms"
    assert [request.method for request in script.requests] == ["POST", "POST", "GET"]


def test_a_slug_that_is_taken_is_refused():
    with pytest.raises(q.InvalidRequest):
        Script(told(400, TAKEN)).client.create_project(**CREATE, slug="sms")
    with pytest.raises(q.InvalidRequest):  # the one that is there is somebody else's
        Script(LOST, told(400, TAKEN), told(body={**PROJECT, "name": "Other"})).client.create_project(
            **CREATE, slug="sms"
        )


@pytest.mark.parametrize("remove", [lambda project: project.delete(), lambda project: project.remove_member("ann")])
def test_what_the_lost_attempt_has_deleted_is_deleted(remove):
    gone = told(404, {"detail": "No such project."})
    remove(Script(LOST, gone).project)
    remove(Script(httpx.Response(204)).project)
    with pytest.raises(q.NotThere):
        remove(Script(gone).project)
    with pytest.raises(q.NotThere):
        remove(Script(REFUSED, gone).project)


# errors


@pytest.mark.parametrize(
    ("status", "body", "kind", "field", "reason"),
    [
        (400, {"name": ["Too long."]}, q.InvalidRequest, "name", "Too long."),
        (400, {"settings": {"overlap": ["At least 1."]}}, q.InvalidRequest, "settings.overlap", "At least 1."),
        (400, {"labels": [{}, {"name": ["Blank."]}]}, q.InvalidRequest, "labels.1.name", "Blank."),
        (400, ["Not so."], q.InvalidRequest, "", "Not so."),
        (400, {"detail": "Not JSON"}, q.InvalidRequest, "", "Not JSON"),
        (400, {"detail": ["No such field."]}, q.InvalidRequest, "detail", "No such field."),
        (401, {"detail": "Unknown token."}, q.NotSignedIn, "", "Unknown token."),
        (403, {"detail": "No."}, q.NotAllowed, "", "No."),
        (404, {"detail": "No such project."}, q.NotThere, "", "No such project."),
        (409, {"detail": "Queued."}, q.StateConflict, "", "Queued."),
        (409, {"detail": "Gone.", "code": "lease_lost"}, q.TaskLost, "", "Gone."),
        (413, {"detail": "Large."}, q.BodyTooLarge, "", "Large."),
        (418, {}, q.RequestRefused, "", "{}"),
        (507, {"detail": "Full.", "code": "disk_full"}, q.ServerUnavailable, "", "Full."),
    ],
)  # fmt: skip
def test_a_refusal_says_field_and_reason(status, body, kind, field, reason):
    with pytest.raises(kind) as raised:
        Script(told(status, body)).project.read()
    error = raised.value
    assert type(error) is kind
    assert (error.status, error.field, error.reason, error.operation) == (status, field, reason, "projects_read")
    assert error.code == (body.get("code", "") if isinstance(body, dict) else "")
    assert reason in str(error)


def test_all_fields_are_told():
    with pytest.raises(q.InvalidRequest, match="1 more") as raised:
        Script(told(400, {"name": ["a"], "kind": ["b", "c"]})).project.read()
    assert raised.value.fields == {"name": ["a"], "kind": ["b", "c"]}


def test_a_page_of_a_proxy_is_an_error_too():
    page = httpx.Response(500, text="<html>upstream</html>")
    with pytest.raises(q.ServerUnavailable, match="upstream"):
        Script(page).project.read()
    with pytest.raises(q.QuerentError, match="no JSON"):
        Script(httpx.Response(200, text="<html>Sign in</html>")).project.read()


def test_a_redirect_is_told_and_the_token_stays():
    script = Script(httpx.Response(301, headers={"Location": "https://elsewhere.example.org/"}))
    with pytest.raises(q.RequestRefused, match=r"elsewhere\.example\.org"):
        script.project.read()
    assert {request.url.host for request in script.requests} == {"label.example.org"}


def test_the_token_is_in_the_header_and_in_no_text():
    script = Script(told(body=PROJECT))
    script.project.read()
    assert script.requests[0].headers["Authorization"] == "Token secret-token"
    assert "secret" not in repr(script.client) + repr(script.project)


def test_an_address_without_a_scheme_and_a_missing_token_are_told(monkeypatch):
    with pytest.raises(ValueError, match=r"label\.example\.org"):
        q.Client("127.0.0.1:8000")
    monkeypatch.delenv("QUERENT_TOKEN", raising=False)
    with pytest.raises(ValueError, match="QUERENT_TOKEN"):
        q.Client.from_environment()


def test_odd_names_do_not_leave_their_place_in_the_address():
    script = Script(httpx.Response(204))
    script.project.remove_member("a/../b?c#d é")
    assert script.requests[0].url.raw_path == b"/api/v1/projects/sms/members/a%2F..%2Fb%3Fc%23d%20%C3%A9/"


# pages and questions


def test_a_list_is_read_page_after_page_and_only_as_far_as_wanted():
    pages = [
        told(body={"next": "https://inside:8000/api/v1/projects/sms/items/?cursor=c%3D1&q=x", "results": [{"id": 1}]}),
        told(body={"next": None, "results": [{"id": 2}]}),
    ]
    script = Script(*pages)
    items = script.project.items(q="x", answered=False)
    assert next(items)["id"] == 1
    assert len(script.requests) == 1
    assert [item["id"] for item in items] == [2]
    asked = [dict(request.url.params) for request in script.requests]
    assert asked[0] == {"limit": "1000", "q": "x", "answered": "false"}
    assert asked[1] == {**asked[0], "cursor": "c=1"}
    assert {request.url.host for request in script.requests} == {"label.example.org"}


def test_every_question_comes_once_and_one_left_open_ends_nothing():
    """Open ones come first when asked again: here 1 is never answered."""
    script = Script(*(told(body=[{"id": one} for one in ids]) for ids in ([1, 2], [1, 3], [1])))
    assert [task["id"] for task in script.project.tasks.each(batch=2)] == [1, 2, 3]
    assert [task["id"] for task in Script(told(body=[])).project.tasks] == []


# jobs


def test_an_import_is_waited_for_and_how_far_it_is_is_told():
    seen = []
    running = {**DONE, "state": "running", "accepted": 1}
    script = Script(told(202, {**QUEUED, "total": 2}), told(body=running), told(body=running), told(body=DONE))
    done = script.project.imports.rows([{"text": "a"}, {"text": "b"}], progress=lambda *told: seen.append(told))
    assert done["state"] == "done"
    assert seen == [("rows", 0, 2), ("rows", 1, 2), ("rows", 2, 2)]
    assert script.pauses_s == pytest.approx([0.1, 0.15, 0.225])


def test_a_job_that_fails_and_one_that_takes_too_long():
    failed = {"id": "1", "state": "failed", "error": "The file is cut off."}
    with pytest.raises(q.JobFailed, match=r"Import 1 failed: The file is cut off\.") as raised:
        Script(told(202, QUEUED), told(body=failed)).project.imports.rows([{"text": "a"}])
    assert raised.value.job == failed
    with pytest.raises(q.WaitedTooLong, match="goes on at the server"):
        Script(told(202, QUEUED)).project.imports.rows([{"text": "a"}], timeout_s=0)
    skipped = {"id": "1", "state": "skipped", "reason": "no labels yet"}
    assert Script(told(202, skipped), told(body=skipped)).project.runs.start()["reason"] == "no labels yet"
    with pytest.raises(q.JobFailed, match="cancelled"):
        Script(told(body={"id": "1", "state": "cancelled"})).project.runs.wait("1")


# extras


def test_bars_are_drawn_by_tqdm(tmp_path, capsys):
    (tmp_path / "texts.csv").write_text("text\na\nb\n")
    Script(told(202, DONE)).project.imports.file(tmp_path / "texts.csv", progress=True)
    drawn = capsys.readouterr().err
    assert "bytes sent: 100%" in drawn
    assert "rows: 100%" in drawn


@pytest.mark.parametrize(
    ("library", "extra", "use"),
    [
        ("tqdm.auto", "progress", lambda project: project.imports.rows([{}], progress=True)),
        ("pandas", "pandas", lambda project: project.export.to_pandas()),
        ("pyarrow", "pandas", lambda project: project.export.to_pandas()),
        ("polars", "polars", lambda project: project.export.to_polars()),
        ("datasets", "datasets", lambda project: project.export.to_datasets()),
    ],
)
def test_a_missing_library_is_told_with_how_to_get_it_before_anything_is_sent(library, extra, use, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    script = Script(told(202, DONE))
    with pytest.raises(ImportError, match=rf"querent-client\[{extra}\]"):
        use(script.project)
    assert script.requests == []


def test_the_client_needs_no_django_and_none_of_the_extras():
    code = "import sys, querent_client; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE, capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "httpx" in loaded
    assert not loaded & {"django", "pandas", "polars", "datasets", "pyarrow", "tqdm", "numpy"}
