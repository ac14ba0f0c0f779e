"""Run inside an old checkout by ``make.py``: fills its home over its own REST API, and writes down what that answers.

Only the REST contract, ``load_samples`` and the names of jobs are used, so that any later version can be put under the
same test.
"""

import csv
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
sys.path.insert(0, str(Path.cwd()))
import django

django.setup()

from django.core.management import call_command  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from labeling import jobs  # noqa: E402
from labeling.models import Project, Snapshot, User  # noqa: E402
from learning import jobs as learning_jobs  # noqa: E402
from learning.models import ModelVersion, Run  # noqa: E402

API = "/api/v1"
PASSWORD = "only used in the upgrade test"
ANSWERS = 200
PEOPLE = {"anna": "manager", "bert": "annotator", "chloe": "annotator", "dmitri": "annotator", "rita": "reviewer"}
Answer = Callable[[dict[str, Any]], dict[str, Any]]


@cache
def client_of(name: str) -> APIClient:
    client = APIClient(HTTP_HOST="localhost")
    client.force_authenticate(User.objects.get(username=name))
    return client


def call(name: str, method: str, path: str, body: Any = None) -> Any:
    answer = getattr(client_of(name), method)(f"{API}/{path}", body, format="json")
    assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.content[:500]!r}"
    return answer.json() if answer.content else None


def label(slug: str, answer_of: Answer, rng: random.Random, wanted: int = ANSWERS) -> None:
    """Three people answer in turns of five; some answers are taken back, some revised, some questions skipped."""
    given = 0
    while given < wanted:
        before = given
        for name in ("anna", "bert", "chloe"):
            for task in call(name, "post", f"projects/{slug}/tasks/next/", {"count": 5}):
                chance, answer = rng.random(), {"answer": answer_of(task), "elapsed_ms": rng.randint(400, 9000)}
                if chance < 0.02:
                    call(name, "post", f"tasks/{task['id']}/skip/", {"reason": "unclear"})
                    continue
                call(name, "put", f"tasks/{task['id']}/answer/", answer)
                given += 1
                if chance > 0.97:  # a change of mind
                    call(name, "put", f"tasks/{task['id']}/answer/", {**answer, "answer": answer_of(task)})
                elif chance > 0.95:
                    call(name, "delete", f"tasks/{task['id']}/answer/")
                    call(name, "put", f"tasks/{task['id']}/answer/", answer)
        assert given > before, f"{slug}: no more questions after {given} answers"


def learn(slug: str) -> None:
    run = call("anna", "post", f"projects/{slug}/runs/")
    if run["state"] == "queued":
        learning_jobs.run_training(Run.objects.get(public_id=run["id"]).pk)
    learning_jobs.rank(Project.objects.get(slug=slug).pk)


def true_labels(sample: str) -> dict[str, str]:
    with Path(f"samples/{sample}/true-labels.csv").open(encoding="utf-8") as file:
        return {row["id"]: row["label"] for row in csv.DictReader(file)}


def label_of(slug: str, sample: str, rng: random.Random) -> Answer:
    """The true label nine times in ten, else any."""
    truth = true_labels(sample)
    names = sorted(set(truth.values()))
    external = dict(Project.objects.get(slug=slug).items.values_list("pk", "external_id"))

    def answer(task: dict[str, Any]) -> dict[str, Any]:
        true = truth.get(external[task["item"]["id"]], names[0])
        return {"label": true if rng.random() < 0.9 else rng.choice(names)}

    return answer


def winner_of(rng: random.Random) -> Answer:
    def answer(task: dict[str, Any]) -> dict[str, Any]:
        if rng.random() < 0.1:
            return {"winner": rng.choice(["tie", "neither"])}
        longer = len(task["left"]["text"]) > len(task["right"]["text"])
        return {"winner": "left" if longer == (rng.random() < 0.8) else "right"}

    return answer


def labels_of(task: dict[str, Any]) -> dict[str, Any]:
    text = task["item"]["text"].lower()
    words = {"question": "?", "money": "£", "call": "call", "shout": "!"}
    return {"labels": [name for name, part in words.items() if part in text]}


def import_rows(slug: str, rows: list[dict[str, Any]]) -> None:
    jobs.run_import(Project.objects.get(slug=slug).imports.get(public_id=_started(slug, rows)).pk)


def _started(slug: str, rows: list[dict[str, Any]]) -> str:
    return str(call("anna", "post", f"projects/{slug}/imports/", {"rows": rows})["id"])


def quarantine(slug: str, person: str) -> int:
    reason = {"annotator": person, "reason": "Clicked without looking."}
    return int(call("anna", "post", f"projects/{slug}/quarantines/", reason)["id"])


def snapshot(slug: str, export_format: str, rows: str, **filters: str) -> None:
    made = call(
        "rita", "post", f"projects/{slug}/snapshots/", {"format": export_format, "rows": rows, "filters": filters}
    )
    jobs.run_snapshot(Snapshot.objects.get(public_id=made["id"]).pk)


def with_people(slug: str) -> None:
    for name, role in PEOPLE.items():
        call("admin", "post", f"projects/{slug}/members/", {"username": name, "role": role})
    call("admin", "post", f"projects/{slug}/members/", {"username": "admin", "role": "manager"})


def more_texts() -> list[dict[str, Any]]:
    """Labels that came with their rows, columns of every type, and one whose name is a column of ours."""
    own = [
        {"length": 12, "score": 1.5, "flag": True},
        {"length": 7, "score": 2, "tags": ["a", "b"]},
        {"utility": "high"},
    ]
    return [
        {
            "text": f"Free entry in draw {number}, text WIN to 8000{number}", "label": ["spam", "ham"][number % 4 == 3],
            "group": f"draw-{number // 3}", "origin": "written", "context": "letters", **own[number % 3],
        }
        for number in range(12)
    ]  # fmt: skip


def make_projects(rng: random.Random) -> dict[str, Answer]:
    call_command("load_samples", user="admin", now=True, verbosity=0)
    for slug in ("sample-photos", "sample-texts", "sample-table", "sample-arguments"):
        with_people(slug)
    with Path("samples/texts/items.csv").open(encoding="utf-8") as file:
        texts = [row["text"] for row, _ in zip(csv.DictReader(file), range(90), strict=False)]
    names = [{"name": name} for name in ("question", "money", "call", "shout")]
    described = {"slug": "tags", "name": "Tags", "kind": "multilabel", "modality": "text", "labels": names}
    call("admin", "post", "projects/", {**described, "settings": {"overlap": 2}})
    with_people("tags")
    import_rows("tags", [{"text": text} for text in texts])
    call("anna", "patch", "projects/sample-texts/", {"settings": {"overlap": 2}})
    for change in Project.objects.get(slug="sample-texts").overlap_changes.all():
        jobs.apply_overlap(change.pk)
    import_rows("sample-texts", more_texts())
    with Path("samples/arguments/judgments.csv").open(encoding="utf-8") as file:
        judged = [row for row, _ in zip(csv.DictReader(file), range(250), strict=False)]
    import_rows("sample-arguments", judged)
    return {
        **{f"sample-{name}": label_of(f"sample-{name}", name, rng) for name in ("photos", "texts", "table")},
        "sample-arguments": winner_of(rng),
        "tags": labels_of,
    }


def fill(rng: random.Random) -> None:
    for name in ("admin", *PEOPLE, "vic"):
        User.objects.create_user(name, password=PASSWORD, is_staff=name == "admin", is_superuser=name == "admin")
    for slug, answer_of in make_projects(rng).items():
        wanted = 120 if slug == "tags" else ANSWERS
        label(slug, answer_of, rng, wanted // 2)
        learn(slug)
        label(slug, answer_of, rng, wanted - wanted // 2)
        learn(slug)
        label(slug, answer_of, rng, 10)
    quarantine("sample-texts", "chloe")
    lifted = quarantine("sample-photos", "bert")
    call("anna", "post", f"quarantines/{lifted}/lift/", {"reason": "A mistake."})
    quarantine("sample-arguments", "bert")
    judges = Counter(
        Project.objects.get(slug="sample-arguments").annotations.values_list("imported_annotator", flat=True)
    )
    quarantine("sample-arguments", next(name for name, _ in judges.most_common() if name))
    for slug in ("sample-photos", "sample-texts", "sample-arguments"):  # nothing is due when the new code starts
        learn(slug)
    newest = ModelVersion.objects.filter(project__slug="sample-table").latest("number").pk
    call("anna", "post", f"models/{newest}/promote/", {"reason": "Good enough to begin with."})
    learning_jobs.rank(Project.objects.get(slug="sample-table").pk)
    snapshot("sample-texts", "jsonl", "annotations")
    snapshot("sample-photos", "parquet", "items", split="pool")
    snapshot("sample-table", "csv", "items")
    snapshot("sample-arguments", "jsonl", "preferences")


def exports(project: Project) -> dict[str, str]:
    """Names of answers to keep, with their addresses."""
    shapes = ["annotations", "items"]
    if project.kind == "pairwise":
        shapes += ["preferences", "rankings", "scores"]
    base = f"projects/{project.slug}"
    found = {
        f"{rows}.{kind}": f"{base}/export/?format={kind}&rows={rows}"
        for rows in shapes
        for kind in ("jsonl", "csv", "parquet")
    }
    found |= {
        "annotations-pool.jsonl": f"{base}/export/?format=jsonl&rows=annotations&split=pool",
        "annotations-iid.jsonl": f"{base}/export/?format=jsonl&rows=annotations&only=iid",
        "annotations-human.jsonl": f"{base}/export/?format=jsonl&rows=annotations&source=human",
        "project.json": f"{base}/",
        "models.json": f"{base}/models/",
        "runs.json": f"{base}/runs/?limit=100",
        "queue.json": f"{base}/queue/",
        "quarantines.json": f"{base}/quarantines/",
        "members.json": f"{base}/members/",
        "annotations.json": f"{base}/annotations/?limit=20",
        "metrics.json": f"{base}/metrics/",
        "snapshots.json": f"{base}/snapshots/",
    }
    found |= {
        f"model-{pk}.json": f"models/{pk}/"
        for pk in ModelVersion.objects.filter(project=project).values_list("pk", flat=True)
    }
    found |= {f"snapshot-{pk}": f"snapshots/{pk}/file/" for pk in project.snapshots.values_list("public_id", flat=True)}
    if project.kind == "pairwise":
        found["scores.json"] = f"{base}/scores/"
    return found


def expect(folder: Path) -> None:
    addresses: dict[str, str] = {}
    for project in Project.objects.order_by("slug"):
        for name, path in exports(project).items():
            addresses[f"{project.slug}/{name}"] = path
    for name, path in addresses.items():
        answer = client_of("anna").get(f"{API}/{path}")
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.content!r}"
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(answer.streaming_content) if answer.streaming else answer.content)
    (folder / "addresses.json").write_text(json.dumps(addresses, indent=1))


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    fill(random.Random(9))
    expect(Path(sys.argv[1]))
