"""What a prediction costs the server beside encoder and model called directly, and what annotators notice of it.

    python -m benchmarks.predict [--requests 100] [--batches 3] [--photos 32] [--kills 0] [--releases 0]

A text project of 10,000 items with two annotators, and one of photos of TrashNet, both on embedded defaults: gunicorn
with the configuration of ``manage.py up``, SQLite, and a predictor of two processes. CPU is user + system of both
servers; *directly* is the same rows through the same encoder and model in this process, photos from their bytes.
With ``--kills n`` the predictor's processes are killed n times during 500 requests. With ``--releases n`` as many
releases (A/B, half of the callers) begin and are rolled back over REST while four clients ask without a pause: how long
a rollback takes, and whether anybody is told the candidate's answer once it is acknowledged.
"""

import argparse
import http.client
import io
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from benchmarks.open_data import DATA, require_data
from benchmarks.serving import ROOT, Served, cpu_s, label, running, served

TEXTS, PHOTOS, CLIENTS, KILLED = "bench", "photos", 4, 500
MAX_PHOTO, MAX_TEXT, MAX_BATCH, MAX_P95 = 1.3, 4.0, 1.1, 4.0
MAX_LABEL_CPU, MAX_LABEL_P95 = 1.10, 1.5
LEARNED, LABELED = 400, 80
BOUNDARY = "bench"


def texts(n: int) -> list[str]:
    import pandas as pd

    frame = pd.read_csv(DATA / "txt_sms_spam" / "sms_spam.csv.gz", dtype=str, keep_default_na=False)
    column = max(frame.columns, key=lambda name: frame[name].str.len().mean())
    return list(itertools.islice(itertools.cycle(frame[column]), n))


def photos(n: int) -> list[bytes]:
    with zipfile.ZipFile(DATA / "img_trashnet" / "images.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        return [archive.read(name) for name in names[:: max(1, len(names) // n)][:n]]


def build() -> None:
    """In the home of the server: a model of each project, learned from labels that mean nothing (they cost as much)."""
    import django

    django.setup()
    import numpy as np

    from labeling.models import ApiToken, Member, Project, Role, User
    from learning.core.encoders import make_encoder
    from learning.core.learners import make_learner
    from learning.core.learners.base import one_hot
    from learning.models import EncoderVersion, ModelVersion, Status
    from learning.services import files
    from learning.services.features import contents
    from tests.factories import make_project

    text = Project.objects.get(slug=TEXTS)
    make_project(slug=PHOTOS, modality="image")
    program = User.objects.create_user("program")
    manager = User.objects.create_user("keeper")
    Member.objects.create(project=text, user=manager, role=Role.MANAGER)
    rng = np.random.default_rng(0)
    for project in Project.objects.all():
        Member.objects.create(project=project, user=program, role=Role.VIEWER)
        if project == text:
            seen: Sequence[Any] = texts(LEARNED)
        else:
            seen = [contents.pixels_of(photo) for photo in photos(64)]
        encoder = make_encoder("auto", project.modality).fit(seen, rng)
        path, sha256 = files.store(f"learning/{project.pk}/encoders", ".zip", encoder.dump())
        EncoderVersion.objects.create(
            project=project, version=encoder.version, dimension=encoder.dimension, path=path, sha256=sha256,
            fitted_on=len(seen), is_current=True,
        )  # fmt: skip
        targets = one_hot(rng.integers(0, 2, len(seen)), 2)
        model = make_learner("auto").fit(encoder.transform(seen), targets, kind="classification", rng=rng)
        path, sha256 = files.store(f"learning/{project.pk}/models", ".zip", model.dump())
        for number, status in ((1, Status.CHAMPION), (2, Status.CANDIDATE)):
            ModelVersion.objects.create(
                project=project, number=number, status=status, encoder=encoder.version, learner=model.name,
                labels=["ham", "spam"], trained_on=len(seen), path=path, sha256=sha256, size_bytes=1,
            )  # fmt: skip
    print(ApiToken.issue(manager, "bench")[1], ApiToken.issue(program, "bench", scopes="predict")[1])


def direct(slug: str, rows: Sequence[Any]) -> Callable[[int], None]:
    """``call(n)`` encodes the first n rows and asks the model, as whoever had both in Python would."""
    from labeling.models import Project
    from learning.services.features import contents, encoder_versions
    from learning.services.registry import model_files

    version = Project.objects.get(slug=slug).model_versions.get(number=1)
    model, encoder = model_files.load_model(version), encoder_versions.fitted(model_files.encoder_of(version))

    def call(n: int) -> None:
        seen = [contents.pixels_of(row) if isinstance(row, bytes) else row for row in rows[:n]]
        model.predict(encoder.transform(seen))

    return call


@dataclass
class Asking:
    """A program with a token, on a connection of its own."""

    port: int
    token: str
    times: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def ask(self, slug: str, body: bytes, kind: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        headers = {"Authorization": f"Token {self.token}", "Host": "localhost", "Content-Type": kind}
        began = time.perf_counter()
        connection.request("POST", f"/api/v1/projects/{slug}/predict/", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        self.times.append(time.perf_counter() - began)
        connection.close()
        when = " with Retry-After" if answer.status == 503 and answer.getheader("Retry-After") else ""
        self.statuses[f"{answer.status}{when}"] += 1
        if answer.status not in (200, 503):
            raise SystemExit(f"{answer.status}: {said[:300]!r}")


def body_of(rows: Sequence[Any]) -> tuple[bytes, str]:
    if isinstance(rows[0], str):
        return json.dumps({"rows": [{"text": text} for text in rows]}).encode(), "application/json"
    form = io.BytesIO()
    for number, photo in enumerate(rows):
        form.write(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="p"; filename="{number}.jpg"\r\n'.encode())
        form.write(b"Content-Type: image/jpeg\r\n\r\n" + photo + b"\r\n")
    form.write(f"--{BOUNDARY}--\r\n".encode())
    return form.getvalue(), f"multipart/form-data; boundary={BOUNDARY}"


def own_cpu_ms(work: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return 1000 * (time.process_time() - began) / times


def ratio(words: str, value: float, most: float) -> bool:
    print(f"  {words}: {value:.2f} (at most {most})" + ("" if value <= most else "  MISSED"))
    return value <= most


def p95_ms(times: Sequence[float]) -> float:
    return 1000 * sorted(times)[int(0.95 * (len(times) - 1))]


class Bench:
    def __init__(self, pool: Served, predictor: psutil.Process, tokens: str, options: argparse.Namespace) -> None:
        self.pool, self.predictor, self.options = pool, predictor, options
        self.manager, self.token = tokens.split()

    def cpu_ms(self) -> float:
        return 1000 * (cpu_s(self.pool.gunicorn) + cpu_s(self.predictor))

    def cost(self, slug: str, rows: Sequence[Any], n: int, times: int, most: float) -> bool:
        """Turn by turn, so that a noisy neighbour meets both."""
        call, (sent, kind) = direct(slug, rows), body_of(rows[:n])
        asking = Asking(self.pool.port, self.token)
        for _ in range(4):  # both processes have loaded it
            asking.ask(slug, sent, kind)
        call(n)
        ours, theirs = [], []
        for _ in range(4):
            began = self.cpu_ms()
            for _ in range(max(1, times // 4)):
                asking.ask(slug, sent, kind)
            ours.append((self.cpu_ms() - began) / max(1, times // 4))
            theirs.append(own_cpu_ms(partial(call, n), max(1, times // 4)))
        served_ms, direct_ms = statistics.median(ours), statistics.median(theirs)
        print(f"{slug}, {n:,} at once: {served_ms:.1f} ms CPU served, {direct_ms:.1f} directly")
        return ratio("served over directly", served_ms / direct_ms, most)

    def latency(self, slug: str, row: Any) -> bool:
        sent, kind = body_of([row])
        alone = Asking(self.pool.port, self.token)
        for _ in range(self.options.requests):
            alone.ask(slug, sent, kind)
        together = [Asking(self.pool.port, self.token) for _ in range(CLIENTS)]

        def work(asking: Asking) -> None:
            for _ in range(self.options.requests // 2):
                asking.ask(slug, sent, kind)

        in_parallel([partial(work, asking) for asking in together])
        median, p95 = 1000 * statistics.median(alone.times), p95_ms([t for one in together for t in one.times])
        statuses = sum((one.statuses for one in together), Counter[str]())
        print(f"{slug}: median alone {median:.1f} ms, p95 at {CLIENTS} clients {p95:.1f} ms, {dict(statuses)}")
        return ratio("p95 over the median alone", p95 / median, MAX_P95)

    def labeling(self, rows: Sequence[Any]) -> bool:
        """Next + answer alone and beside two programs that ask without a pause, turn by turn. Of the web's CPU beside
        them what their requests cost it alone is taken off."""
        alone: list[tuple[float, float]] = []
        beside: list[tuple[float, float]] = []
        sent, kind = body_of(rows[:20])
        probe, began = Asking(self.pool.port, self.token), cpu_s(self.pool.gunicorn)
        for _ in range(20):
            probe.ask(TEXTS, sent, kind)
        each_s = (cpu_s(self.pool.gunicorn) - began) / 20
        for _ in range(3):
            alone.append(self._labeled([], each_s))
            over = threading.Event()
            programs = [Asking(self.pool.port, self.token) for _ in range(2)]

            def ask(asking: Asking, over: threading.Event = over) -> None:
                while not over.is_set():
                    asking.ask(TEXTS, sent, kind)

            threads = [threading.Thread(target=ask, args=(one,)) for one in programs]
            for thread in threads:
                thread.start()
            beside.append(self._labeled(programs, each_s))
            over.set()
            for thread in threads:
                thread.join()
        (cpu, p95), (cpu_beside, p95_beside) = (
            [statistics.median(column) for column in zip(*found, strict=True)] for found in (alone, beside)
        )
        print(f"next + answer: {cpu:.1f} ms CPU, p95 {p95:.1f} ms; beside {cpu_beside:.1f} and {p95_beside:.1f} ms")
        good = ratio("CPU beside over alone", cpu_beside / cpu, MAX_LABEL_CPU)
        return ratio("p95 beside over alone", p95_beside / p95, MAX_LABEL_P95) and good

    def _labeled(self, programs: list[Asking], each_s: float) -> tuple[float, float]:
        """CPU of one next + answer and their p95, in milliseconds."""
        began, asked = cpu_s(self.pool.gunicorn), sum(len(one.times) for one in programs)
        clients = label(self.pool, 1, LABELED)
        asked = sum(len(one.times) for one in programs) - asked
        spent = cpu_s(self.pool.gunicorn) - began - asked * each_s
        times = [t for client in clients for t in (*client.next_s, *client.answer_s)]
        return 1000 * spent / LABELED, p95_ms(times)

    def released(self, rows: Sequence[str], releases: int) -> bool:
        """Every request ends in an answer; a rollback is over within seconds, and from then on nobody meets the
        candidate."""
        over, asked = threading.Event(), Counter[tuple[int, int]]()
        acknowledged, late = [float("inf")], Counter[str]()

        def ask(number: int) -> None:
            body = json.dumps({"rows": [{"text": rows[number]}]}).encode()
            while not over.is_set():
                began = time.perf_counter()
                status, said = self._send(f"predict/?caller={number}-{asked.total()}", body, self.token)
                model = said[0]["model"] if status == 200 else 0
                asked[status, model] += 1
                if model == 2 and began > acknowledged[0]:
                    late["told by the candidate after it was rolled back"] += 1

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        took = []
        for _ in range(releases):
            acknowledged[0] = float("inf")
            sent = json.dumps({"candidate": 2, "mode": "ab", "reason": "bench"}).encode()
            status, release = self._send("releases/", sent, self.manager)
            if status != 201:
                raise SystemExit(f"no release: {status} {release}")
            before = asked[200, 2]
            while asked[200, 2] < before + 50:
                time.sleep(0.05)
            began = time.perf_counter()
            address = f"releases/{release['number']}/roll-back/"
            status, _ = self._send(address, b'{"reason": "bench"}', self.manager)
            took.append(time.perf_counter() - began)
            acknowledged[0] = time.perf_counter()
            if status != 200:
                raise SystemExit(f"not rolled back: {status}")
            time.sleep(1.0)
        over.set()
        for thread in threads:
            thread.join()
        statuses = sorted({status for status, _ in asked})
        times = f"{min(took):.2f} to {max(took):.2f} s"
        print(f"{releases} releases rolled back in {times} beside {asked.total():,} requests:")
        print(f"  statuses {statuses}, by model {dict(sorted(asked.items()))}, {dict(late) or 'none late'}")
        return ratio("slowest rollback in seconds", max(took), 5.0) and statuses == [200] and not late

    def _send(self, address: str, body: bytes, token: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.pool.port, timeout=300)
        headers = {"Authorization": f"Token {token}", "Host": "localhost", "Content-Type": "application/json"}
        connection.request("POST", f"/api/v1/projects/{TEXTS}/{address}", body, headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
        return answer.status, said

    def killed(self, row: Any, kills: int) -> bool:
        sent, kind = body_of([row])
        asking = [Asking(self.pool.port, self.token) for _ in range(CLIENTS)]
        left = itertools.count(KILLED, -1)

        def work(one: Asking) -> None:
            while next(left) > 0:
                one.ask(TEXTS, sent, kind)
                if one.statuses["503 with Retry-After"]:
                    time.sleep(0.05)

        def kill() -> None:
            for _ in range(kills):
                time.sleep(1.0)
                for child in self.predictor.children():
                    os.kill(child.pid, signal.SIGKILL)

        in_parallel([*(partial(work, one) for one in asking), kill])
        found = sum((one.statuses for one in asking), Counter[str]())
        longest = max(t for one in asking for t in one.times)
        print(f"killed {kills} times during {sum(found.values())} requests: {dict(found)}, the longest {longest:.1f} s")
        return set(found) <= {"200", "503 with Retry-After"}


def in_parallel(works: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measure(bench: Bench) -> bool:
    options, of_photos, of_texts = bench.options, photos(max(2, bench.options.photos)), texts(1_000)
    if options.releases:
        return bench.released(of_texts, options.releases)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    good = [
        bench.cost(TEXTS, of_texts, 1, options.requests, MAX_TEXT),
        bench.cost(TEXTS, of_texts, 1_000, 4 * options.batches, MAX_BATCH),
        bench.cost(PHOTOS, of_photos, 1, options.requests // 4, MAX_PHOTO),
        bench.cost(PHOTOS, of_photos, len(of_photos), options.batches, MAX_BATCH),
        bench.latency(TEXTS, of_texts[0]),
        bench.latency(PHOTOS, of_photos[0]),
        bench.labeling(of_texts),
    ]
    if options.kills:
        good.append(bench.killed(of_texts[0], options.kills))
    memory = [process.memory_full_info().pss / 2**20 for process in
              (bench.predictor, *bench.predictor.children(recursive=True))]  # fmt: skip
    print(f"memory of the predictor (PSS): {sum(memory):.0f} MB in {len(memory)} processes")
    return all(good)


def main() -> int:
    parser = argparse.ArgumentParser(prog="predict", description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100, help="single questions of each measurement")
    parser.add_argument("--batches", type=int, default=3)
    parser.add_argument("--photos", type=int, default=32, help="of one batch")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--releases", type=int, default=0, help="measured alone")
    parser.add_argument("--build", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if options.build:
        build()
        return 0
    require_data("predict")
    options.kind, options.overlap = "classification", 1
    with served("sqlite", 10_000, options) as pool:
        made = subprocess.run(
            [sys.executable, "-m", "benchmarks.predict", "--build"], cwd=ROOT, env=pool.env, check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        os.environ.update({name: pool.env[name] for name in ("QUERENT_HOME", "REDIS_URL")}, OMP_NUM_THREADS="1")
        import django

        django.setup()
        with running([sys.executable, "manage.py", "predictor"], pool.env) as process:
            address = Path(pool.env["QUERENT_HOME"]) / "predictor" / "predictor.sock"
            while not address.exists():
                time.sleep(0.1)
            bench = Bench(pool, psutil.Process(process.pid), made.stdout.splitlines()[-1], options)
            return 0 if measure(bench) else 1


if __name__ == "__main__":
    sys.exit(main())
