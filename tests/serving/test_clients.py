"""Every sort of client, against a server with one thread: none of them keeps it, all get what HTTP says."""

import contextlib
import json
import os
import re
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.ops.running import until
from tests.serving.site import EXPORT, FILE_BYTES, Site

NEXT = "POST /api/v1/projects/bench/tasks/next/"
IMPORTS = "POST /api/v1/projects/bench/imports/"
JSON = "Content-Type: application/json\r\n"
GET = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
SENDERS = {
    "nothing": "",
    "half a request line": "GET /hea",
    "half a head": GET,
    "half a body": GET.replace("GET", "POST") + "Content-Length: 100\r\n\r\n{",
    "half a chunk": GET.replace("GET", "POST") + "Transfer-Encoding: chunked\r\n\r\nff\r\n{",
    "no last chunk": GET.replace("GET", "POST") + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
}


def healthy(site: Site) -> bool:
    with site.connect() as client:
        return client.ask("GET /healthz").body == b"ok\n"


@pytest.mark.parametrize("sent", SENDERS.values(), ids=SENDERS.keys())
def test_a_sender_that_stops_keeps_no_thread_and_is_ended(site, sent):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(site.connect()) for _ in range(4)]
        for client in clients:
            client.send(sent)
        assert healthy(site)
        if not sent:
            return  # an idle connection is a browser's that thinks ahead: it ends after the keep-alive time
        for client in clients:
            assert client.reply().status == 408
            assert client.rest() == b""


def test_a_sender_that_drips_is_ended_although_it_never_stops(site):
    with site.connect() as client:
        client.send(GET + "X-Slow: ")
        client.sock.settimeout(0.1)

        def answered() -> bool:
            try:
                client.send("a")
                client.received += client.sock.recv(1024)
            except TimeoutError:
                return False
            return True

        until(answered, "the end of the patience", 20)
        assert client.reply().status == 408


def test_what_refuses_a_slow_sender_is_json(site):
    with site.connect() as client:
        client.send(SENDERS["half a body"])
        reply = client.reply()
        assert reply.headers["content-type"] == "application/json"
        assert reply.json == {"detail": "The request came too slowly."}


READERS = ["a stream", "a file"]


def large(site: Site, what: str) -> str:
    return f"{EXPORT if what == 'a stream' else site.file} HTTP/1.1\r\nHost: localhost\r\n{site.authorized()}\r\n"


@pytest.mark.parametrize("what", READERS)
def test_a_reader_that_does_not_read_keeps_no_thread_and_is_ended(site, what):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(site.connect(receive_buffer=4096)) for _ in range(4)]
        for client in clients:
            client.send(large(site, what))
        assert healthy(site)
        line = f"ended a slow reader at 127.0.0.1: {large(site, what).partition('?')[0].partition(' HTTP')[0]}"
        until(lambda: site.output.count(line) >= len(clients), "the end of all", 30)
        for client in clients:
            with pytest.raises(ConnectionError):
                client.reply()


@pytest.mark.parametrize("what", READERS)
def test_a_slow_but_steady_reader_gets_all_of_it(site, what):
    """It takes longer than the patience: what counts is that it goes on."""
    with site.connect() as fast:
        fast.send(large(site, what))
        whole = fast.reply().body
    assert len(whole) >= 10_000_000
    with site.connect(receive_buffer=65536) as client:
        client.send(large(site, what))
        pause = threading.Event()
        plain, began = client._more, time.monotonic()

        def slowly() -> None:
            if time.monotonic() - began < 6:
                pause.wait(0.3)
            plain()

        client._more = slowly  # type: ignore[method-assign]
        assert client.reply().body == whole


def test_a_part_of_a_file(site):
    with site.connect() as client:
        headers = site.authorized() + f"Range: bytes={FILE_BYTES - 5}-\r\n"
        reply = client.ask(site.file, headers)
        assert (reply.status, reply.body) == (206, b"xxxxx")
        assert client.ask(site.file.replace("GET", "HEAD"), site.authorized()).headers["content-length"] == str(
            FILE_BYTES
        )


def test_a_stream_begins_before_it_is_made(site):
    """Its first bytes come although nobody has read the rest: it is neither collected nor waited for."""
    with site.connect(receive_buffer=4096) as client:
        client.send(large(site, "a stream"))
        client._until(b"\r\n\r\n")
        assert b'"item_id"' in client._until(b",")


def test_a_client_that_goes_away_in_the_middle_leaves_the_thread(site):
    for sent in (SENDERS["half a body"], large(site, "a stream"), large(site, "a file")):
        with site.connect(receive_buffer=4096) as client:
            client.send(sent)
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert healthy(site)
    assert "Traceback" not in site.output


def test_a_connection_is_used_again(site):
    with site.connect() as client:
        assert [client.ask("GET /healthz").status for _ in range(3)] == [200, 200, 200]


def test_requests_sent_ahead_are_answered_in_turn(site):
    with site.connect() as client:
        body = json.dumps({"count": 1})
        post = (
            f"{NEXT} HTTP/1.1\r\nHost: localhost\r\n{site.authorized(1)}{JSON}Content-Length: {len(body)}\r\n\r\n{body}"
        )
        client.send(f"{GET}\r\n{post}HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n{GET}Connection: close\r\n\r\n")
        assert client.reply().body == b"ok\n"
        assert len(client.reply().json) == 1
        assert client.reply(head_only=True).status == 200
        assert client.reply().headers["connection"] == "close"
        assert client.rest() == b""


def test_a_body_in_chunks_is_a_body(site):
    with site.connect() as client:
        client.send(
            f"{NEXT} HTTP/1.1\r\nHost: localhost\r\n{site.authorized(2)}{JSON}Transfer-Encoding: chunked\r\n\r\n"
        )
        for piece in ("5", ';x=1\r\n{"cou\r\n', "7", '\r\nnt": 2}', "\r\n0\r\nX-Late: yes\r\n", "\r\n"):
            client.send(piece)
        assert len(client.reply().json) == 2
        assert client.ask("GET /healthz").status == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("GET /healthz\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\nHost: localhost\n\n", 400),
        ("GET /healthz HTTP/9.9\r\n\r\n", 400),
        ("GET /" + "a" * 5000 + " HTTP/1.1\r\n\r\n", 414),
        (GET + "X: " + "a" * 9000 + "\r\n\r\n", 431),
        (GET + "X: " + "a" * 70000, 431),
        (GET + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (GET + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (GET + "Content-Length: -1\r\n\r\n", 400),
        (GET + "Transfer-Encoding: gibberish\r\n\r\n", 501),
        (GET + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (GET + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc", 400),
        (GET + "Expect: a miracle\r\n\r\n", 417),
    ],
)
def test_what_is_no_request_is_refused_and_closed(site, sent, status):
    with site.connect() as client:
        client.send(sent)
        reply = client.reply()
        assert reply.status == status
        assert reply.json["detail"]
        assert client.rest() == b""


def test_a_client_that_asks_first_is_told_to_go_on(site):
    with site.connect() as client:
        client.send(f"{NEXT} HTTP/1.1\r\nHost: localhost\r\n{site.authorized(3)}{JSON}Expect: 100-continue\r\n")
        client.send("Content-Length: 11\r\n\r\n")
        assert client.reply().status == 100
        client.send('{"count":1}')
        assert client.reply().status == 200


@pytest.mark.parametrize("framing", ["Content-Length: 30000000\r\n", "Transfer-Encoding: chunked\r\n"])
def test_a_body_over_the_limit_is_refused_before_it_is_taken_in(site, framing):
    with site.connect() as client:
        client.send(
            f"{NEXT} HTTP/1.1\r\nHost: localhost\r\n{site.authorized()}{JSON}Expect: 100-continue\r\n{framing}\r\n"
        )
        if "chunked" in framing:
            assert client.reply().status == 100
            with contextlib.suppress(ConnectionError):
                for _ in range(30):
                    client.send(b"%X\r\n%b\r\n" % (1_000_000, b" " * 1_000_000))
        reply = client.reply()
        assert reply.status == 413
        assert "at most" in reply.json["detail"]


LARGE = "Content-Type: multipart/form-data; boundary=b\r\nExpect: 100-continue\r\nContent-Length: 300000000\r\n\r\n"


def test_a_large_upload_of_nobody_is_refused_before_it_is_taken_in(site):
    with site.connect() as client:
        client.send(f"{IMPORTS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token guessed\r\n{LARGE}")
        assert client.reply().status == 401
    with site.connect() as client:
        client.send(
            f"{IMPORTS.replace('/bench/', '/other/')} HTTP/1.1\r\nHost: localhost\r\n{site.authorized()}{LARGE}"
        )
        assert client.reply().status == 404
    with site.connect() as client:
        client.send(f"{IMPORTS} HTTP/1.1\r\nHost: localhost\r\n{site.authorized()}{LARGE}")
        assert client.reply().status == 100


def test_a_large_upload_arrives_whole_and_leaves_nothing_behind(site):
    """64 MB in a form: more than is kept in memory, more than anybody may send elsewhere."""
    row = b'{"text": "' + b"x" * 1000 + b'"}\n'
    content = row * 64_000
    begin = b'--b\r\nContent-Disposition: form-data; name="file"; filename="rows.jsonl"\r\n\r\n'
    form = begin + content + b"\r\n--b--\r\n"
    with site.connect(timeout_s=60) as client:
        headers = f"{site.authorized()}Content-Type: multipart/form-data; boundary=b\r\n"
        reply = client.ask(IMPORTS, headers, form)
        assert reply.status == 202, reply.body
    stored = [
        path for path in (site.home / "files").rglob("*") if path.is_file() and path.stat().st_size == len(content)
    ]
    assert len(stored) == 1
    assert stored[0].read_bytes() == content
    assert list((site.home / "spool").iterdir()) == []


def test_a_photo_at_the_pace_of_a_bad_network_arrives(site):
    """Three pauses, together longer than the patience, each shorter."""
    body = json.dumps({"count": 1, "more": "x" * 40_000}).encode()
    with site.connect() as client:
        head = f"{NEXT} HTTP/1.1\r\nHost: localhost\r\n{site.authorized(1)}{JSON}Content-Length: {len(body)}\r\n\r\n"
        client.send(head)
        pause = threading.Event()
        for start in range(0, len(body), 10_100):
            pause.wait(1.2)
            client.send(body[start : start + 10_100])
        assert client.reply().status in (200, 400)


def test_an_unread_body_of_a_refused_request_does_not_take_the_answer_away(site):
    with site.connect() as client:
        reply = client.ask(NEXT, "Content-Type: application/json\r\n", b" " * 5_000_000)
        assert reply.status == 401
        assert client.ask("GET /healthz").status == 200


def test_static_files_keep_their_conditions(site):
    with site.connect() as client:
        whole = client.ask("GET /static/probe.css")
        assert len(whole.body) == 300_000
        known = f"If-None-Match: {whole.headers['etag']}\r\n"
        assert client.ask("GET /static/probe.css", known).status == 304
        part = client.ask("GET /static/probe.css", "Range: bytes=3-5\r\n")
        assert (part.status, part.body) == (206, b"a{}")
        head = client.ask("HEAD /static/probe.css")
        assert head.headers["content-length"] == "300000"
        assert client.ask("GET /healthz").status == 200


def _descendants(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def test_asked_to_stop_it_finishes_what_it_has_begun(home):
    with Site(home, WEB_PROCESSES="1", WEB_THREADS="1") as site, site.connect() as client:
        body = b'{"count": 1}'
        head = f"{NEXT} HTTP/1.1\r\nHost: localhost\r\n{site.authorized(1)}{JSON}Content-Length: {len(body)}\r\n\r\n"
        client.send(head.encode() + body[:3])
        assert healthy(site)
        site.process.terminate()
        until(lambda: not _accepts(site), "the end of listening")
        client.send(body[3:])
        reply = client.reply()
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        assert site.process.wait(20) == 0


def _accepts(site: Site) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", site.port), timeout=1):
            return True
    except OSError:
        return False


def test_a_killed_process_is_replaced_and_leaves_no_half_bodies(home):
    with Site(home, WEB_PROCESSES="1", WEB_THREADS="1") as site, site.connect() as client:
        client.send(f"{NEXT} HTTP/1.1\r\nHost: localhost\r\n{JSON}Content-Length: 9000000\r\n\r\n")
        client.send(b" " * 4_000_000)
        [worker] = _descendants(site.process.pid)
        until(lambda: any("spool" in _target(link) for link in Path(f"/proc/{worker}/fd").iterdir()), "a body on disk")
        os.kill(worker, signal.SIGKILL)
        until(site.answers, "a new process")
        assert list((home / "spool").iterdir()) == []


def _target(link: Path) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(link)
    return ""


def test_more_connections_than_there_is_room_for_take_from_those_who_wait(home):
    more = {"WEB_PROCESSES": "1", "WEB_THREADS": "1", "GUNICORN_CMD_ARGS": "--worker-connections 20"}
    with Site(home, **more) as site, contextlib.ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(site.connect())
        assert healthy(site)


def test_no_log_line_holds_a_key(site):
    assert not any(re.search(token, site.output) for token in site.tokens)
