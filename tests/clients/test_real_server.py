"""The Python client and the three examples against a real server: web, worker, scheduler, Redis."""

import csv
import hashlib
import json
import re
import runpy
import sys
from pathlib import Path

import httpx
import pytest

import querent_client as q
from config.environment import BASE_DIR
from tests.ops.running import Running

pytestmark = pytest.mark.broker
EXAMPLES = BASE_DIR / "examples"
LABELS = ["007", "true", "-"]


@pytest.fixture(scope="module")
def server(tmp_path_factory, new_home):
    with Running(new_home(tmp_path_factory.mktemp("client") / "home"), WEB_PROCESSES="1") as up:
        password = re.search(r"Password +(\S+)\n", up.output)[1]
        with q.Client.sign_in(f"http://127.0.0.1:{up.port}", "admin", password) as made:
            yield made


def token_of(client: q.Client) -> str:
    return client._transport._http.headers["Authorization"].removeprefix("Token ")


@pytest.fixture
def in_environment(server, monkeypatch):
    """The server as scripts are told it."""
    monkeypatch.setenv("QUERENT_URL", server._transport.url)
    monkeypatch.setenv("QUERENT_TOKEN", token_of(server))


def test_the_three_examples_run_one_after_another(server, in_environment, monkeypatch, capsys):
    def run(name: str, *words: str) -> str:
        monkeypatch.setattr(sys, "argv", [name, *words])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    said = run("bring_in_a_data_set.py")
    assert "300 items are in, 0 were there already, 0 do not fit" in said
    assert "rows: 300 of 300" in said
    said = run("label_by_a_script.py", "--answers", "15")
    assert "15 answers, 0 skipped" in said
    assert "run done" in said
    said = run("train_on_the_export.py")
    measured = re.search(r"words: (\d+) of (\d+) right", said)
    # which fifteen are answered is chance: of 600 draws the worst had .61 right, and one in a hundred less than .7
    assert int(measured[1]) > 0.5 * int(measured[2]) > 2.5
    project = server.project("messages")
    assert len(list(project.annotations(source="human"))) == 15
    assert next(project.runs.models())["trained_on"] > 15


def test_the_code_of_the_guide_runs(server, in_environment, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("texts.csv").write_text(
        "id,sentence,intent\nm1,I want my money back,refund\nm2,When does it come?,late\nm3,,\n"
    )
    pieces = re.findall(r"```python\n(.*?)```", (BASE_DIR / "docs" / "guide" / "client.md").read_text(), re.S)
    exec("\n".join(pieces), {})
    said = capsys.readouterr().out
    assert "2 in, 0 there already, 1 do not fit\n3 text There is no text" in said
    assert "settings.overlap" in said
    rows = [json.loads(line) for line in Path("intents.jsonl").read_text().splitlines()]
    assert {row["text"]: row["answer"] for row in rows}["When does it come?"] == {"label": "delivery"}
    with Path("pool.csv").open(newline="") as file:
        assert {row["split"] for row in csv.DictReader(file)} == {"pool"}


@pytest.fixture(scope="module")
def project(server):
    made = server.create_project(
        name="Awkward", kind="classification", modality="text", labels=LABELS, slug="awkward",
        settings={"eval_share": 0, "retrain_every": 10_000},
    )  # fmt: skip
    rows = [
        {"id": str(n), "text": f"text {n}", "label": ["007", "true", "-"][n % 3], "n": 2**53 + n} for n in range(30)
    ]
    done = made.imports.rows([*rows, {"id": "x", "text": "", "late": [1, None]}, {"text": "text 1"}])
    assert (done["accepted"], done["duplicates"], done["rejected"]) == (30, 1, 1)
    assert [(one["row"], one["field"]) for one in made.imports.rejections(done["id"])] == [(31, "text")]
    return made


def test_a_file_goes_in_once_however_often_it_is_sent(project, tmp_path):
    (tmp_path / "more.csv").write_text("text\nanother\n")
    key = "8b1f5f0a-4b0c-4e6e-9d57-0f8c7a7d3f11"
    sent = [project.imports.file(tmp_path / "more.csv", idempotency_key=key) for _ in range(2)]
    assert sent[0] == sent[1]
    assert (sent[0]["id"], sent[0]["accepted"]) == (key, 1)
    assert len(list(project.imports.list())) == 2


def test_questions_are_answered_revised_skipped_and_taken_back(project):
    first, second = project.tasks.next(2)
    assert [one["id"] for one in project.tasks.next(2)] == [first["id"], second["id"]]
    assert project.tasks.answer(first, {"label": "007"})["revision"] == 1
    assert project.tasks.answer(first, {"label": "007"})["revision"] == 1
    assert project.tasks.answer(first, {"label": "true"}, elapsed_ms=5)["revision"] == 2
    with pytest.raises(q.InvalidRequest) as raised:
        project.tasks.answer(second, {"label": "nothing"})
    assert raised.value.field == "label"
    assert project.tasks.skip(second, "unclear")["state"] == "skipped"
    assert project.tasks.take_back(second)["id"] == second["id"]
    answers = [one["answer"] for one in project.annotations(source="human")]
    assert answers == [{"label": "007"}, {"label": "true"}]


class Unsteady(httpx.HTTPTransport):
    """Breaks files off after 500 bytes, the first stream too, and loses every third other answer."""

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.ranges, self.streams = 0, list[str](), 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        response = super().handle_request(request)
        if request.url.path.endswith("/file/"):
            self.ranges.append(request.headers.get("Range", ""))
            return httpx.Response(response.status_code, headers=response.headers, stream=_Breaks(response))
        if request.url.path.endswith("/export/"):
            self.streams += 1
            return response if self.streams > 1 else httpx.Response(200, stream=_Breaks(response))
        if self.calls % 3 == 0:
            response.read()
            raise httpx.ReadError("the answer was lost")
        return response


class _Breaks(httpx.SyncByteStream):
    def __init__(self, response: httpx.Response) -> None:
        self.response = response

    def __iter__(self):
        content = self.response.read()
        yield content[:500]
        if len(content) > 500:
            raise httpx.ReadError("broken off")

    def close(self) -> None:
        self.response.close()


def test_over_a_bad_line_the_export_is_whole_and_nothing_is_done_twice(server, project, tmp_path):
    line, token, retries = Unsteady(), token_of(server), q.Retries(base_s=0.001)
    before = len(list(project.imports.list())), len(list(project.export.list()))
    with q.Client(server._transport.url, token, http=line, retries=retries) as client:
        there = client.project("awkward")
        there.imports.rows([{"text": "over a bad line"}])
        made = there.export.download(tmp_path / "rows.jsonl", rows="items")
        there.export.stream(tmp_path / "stream.jsonl", rows="items")
    content = (tmp_path / "rows.jsonl").read_bytes()
    assert hashlib.sha256(content).hexdigest() == made["sha256"]
    assert len(content.splitlines()) == made["row_count"]
    assert (tmp_path / "stream.jsonl").read_bytes() == content
    assert line.streams == 2
    assert line.ranges[:3] == ["", "bytes=500-", "bytes=1000-"]
    after = len(list(project.imports.list())), len(list(project.export.list()))
    assert after == (before[0] + 1, before[1] + 1)


def test_each_library_gets_the_values_that_are_stored(project):
    rows = {"rows": "items", "source": "import", "columns": ["n", "text", "label"]}
    pandas_rows = project.export.to_pandas(**rows)
    polars_rows = project.export.to_polars(**rows)
    datasets_rows = project.export.to_datasets(**rows)
    labels = [LABELS[n % 3] for n in range(30)]
    for label, text, number in (
        (pandas_rows["label"].to_list(), pandas_rows["text"].to_list(), pandas_rows["n"].to_list()),
        (polars_rows["label"].to_list(), polars_rows["text"].to_list(), polars_rows["n"].to_list()),
        (datasets_rows["label"], datasets_rows["text"], datasets_rows["n"]),
    ):
        assert list(label)[-20:] == labels[-20:]
        assert list(text) == [f"text {n}" for n in range(30)]
        assert list(number) == [2**53 + n for n in range(30)]


def test_a_stranger_is_told_so(server, project):
    url = server._transport.url
    with q.Client(url, "no-such-token") as nobody, pytest.raises(q.NotSignedIn, match="token"):
        nobody.project("awkward").read()
    with pytest.raises(q.InvalidRequest) as raised:
        q.Client.sign_in(url, "admin", "wrong")
    assert raised.value.field == "password"
    with pytest.raises(q.NotThere):
        server.project("nowhere").read()
