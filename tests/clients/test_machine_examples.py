"""The two machines of ``examples/machines``: against Querent's own application, and a stub of an outside model."""

import json
import runpy
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from django.test import Client as Browser

import querent_client as q
from config.environment import BASE_DIR
from labeling.models import Prediction
from labeling.services.machines.manage import add_machine
from tests.factories import make_items

pytestmark = pytest.mark.django_db
TEXTS = ["a free prize", "see you at lunch", "winner winner", "call me"]


@pytest.fixture
def run(project, people, monkeypatch, capsys):
    """Runs an example as the machine, its requests answered by the application in this process."""
    make_items(project, TEXTS)
    _, key = add_machine(people.manager, project, name="judge", version="1")
    monkeypatch.setenv("QUERENT_TOKEN", key)
    monkeypatch.setattr(q.Client, "from_environment", lambda: q.Client("http://localhost", key, http=InProcess()))

    def go(name: str, *words: str) -> str:
        monkeypatch.setattr(sys, "argv", [name, "--slug", "sms", *words])
        runpy.run_path(str(BASE_DIR / "examples" / "machines" / name), run_name="__main__")
        return capsys.readouterr().out

    return go


class InProcess(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {"HTTP_AUTHORIZATION": request.headers["Authorization"]}
        if "Idempotency-Key" in request.headers:
            headers["HTTP_IDEMPOTENCY_KEY"] = request.headers["Idempotency-Key"]
        target = request.url.raw_path.decode()
        answer = Browser(SERVER_NAME="localhost").generic(
            request.method, target, request.read(), content_type="application/json", **headers
        )
        return httpx.Response(answer.status_code, content=answer.content, headers=dict(answer.items()))


@pytest.fixture
def endpoint():
    """An outside model that says spam of what is free, in its own spelling, and chats about what it does not know."""
    asked: list[dict] = []

    class Stub(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append({"path": self.path, "key": self.headers.get("Authorization"), **body})
            text = body["messages"][-1]["content"]
            said = ' "Spam". ' if "free" in text else "I cannot say." if "winner" in text else "ham"
            answer = {
                "choices": [{"message": {"content": said}}],
                "usage": {"prompt_tokens": 40, "completion_tokens": 2},
            }
            sent = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", asked
    server.shutdown()
    server.server_close()


def said() -> dict[str, str]:
    return {row.item.text: row.answer["label"] for row in Prediction.objects.select_related("item")}


def test_a_rule_predicts_everything_once(run):
    words = ("--version", "rule-1", "--else", "ham", "spam=free,prize,winner")
    assert "4 predictions stored, 0 refused" in run("keywords.py", *words)
    assert said() == dict(zip(TEXTS, ("spam", "ham", "spam", "ham"), strict=True))
    assert "nothing to predict" in run("keywords.py", *words)


def test_an_outside_model_is_asked_once_an_item_and_its_cost_kept(run, endpoint, monkeypatch):
    url, asked = endpoint
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    words = ("--labels", "ham", "spam", "--endpoint", url, "--model", "m", "--version", "m-1",
             "--price-in", "1", "--price-out", "10")  # fmt: skip
    assert "3 predictions stored, 1 answers were no label" in run("openai_judge.py", *words)
    assert said() == {"a free prize": "spam", "see you at lunch": "ham", "call me": "ham"}
    assert [row.cost for row in Prediction.objects.all()] == pytest.approx([60e-6] * 3)
    assert {(one["path"], one["key"], one["model"]) for one in asked} == {
        ("/v1/chat/completions", "Bearer sk-test", "m"),
    }  # fmt: skip
    assert "spam" in asked[0]["messages"][0]["content"]
    run("openai_judge.py", *words)
    assert [one["messages"][-1]["content"] for one in asked[4:]] == ["winner winner"], "asked again: it has no label"
