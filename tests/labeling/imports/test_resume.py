"""kill -9 in the middle: the next attempt goes on, and nothing shows that anything happened."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.core.files.base import ContentFile
from django.db import close_old_connections, connection

from labeling.models import ImportBatch, Item, JobState, Progress
from labeling.selectors.recount import differences
from labeling.services.housekeeping.sweep import wake_waiting
from labeling.services.imports import run_import, start_import
from labeling.services.imports.subjects.items import ItemStore
from tests.factories import make_project
from tests.labeling.imports.conftest import assert_counts_true, picture, zip_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def mixed_rows(n: int) -> bytes:
    """Rows of every fate: new, duplicates near and far, unknown labels, taken ids, groups, given splits, ragged."""
    lines = ["id,text,label,group,split,note"]
    for i in range(n):
        text = f"message {i - 1500 if i % 97 == 0 and i > 1500 else i}"
        label = "eggs" if i % 101 == 0 else ("ham", "spam", "")[i % 3]
        external = f"r{i - 700}" if i % 211 == 0 and i > 700 else f"r{i}"
        split = "eval" if i % 503 == 0 else ""
        lines.append(f"{external},{text},{label},{f'g{i % 900}' if i % 5 == 0 else ''},{split},{i}")
        if i % 307 == 0:
            lines.append("only,two")
    return "\n".join(lines).encode()


def end_state(project) -> dict:
    batch = ImportBatch.objects.get(project=project)
    names = ("ordinal", "external_id", "content_hash", "text", "data", "group", "split", "draw_key", "asset__sha256")
    return {
        "items": list(Item.objects.filter(project=project).order_by("ordinal").values_list(*names)),
        "annotations": list(
            project.annotations.order_by("item__ordinal").values_list("item__ordinal", "answer", "source", "revision")
        ),
        "rejections": list(batch.rejections.order_by("row").values_list("row", "name", "field", "reason")),
        "batch": (batch.state, batch.cursor, batch.total, batch.accepted, batch.duplicates, batch.rejected),
        "progress": Progress.objects.filter(project=project)
        .values("next_ordinal", "pool_items", "eval_items", "pool_open", "eval_open", "imported_annotations")
        .get(),
    }


@pytest.fixture
def workers(settings, transactional_db):
    """A process that starts workers on the database and the files of this test."""
    files = settings.STORAGES["default"]["OPTIONS"]["location"]
    command = [sys.executable, "-m", "tests.labeling.imports.worker", str(connection.settings_dict["NAME"]), files]
    nest = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    yield nest
    nest.stdin.close()
    nest.wait(timeout=60)


def kill_five_times(batch: ImportBatch, workers: subprocess.Popen, rows: int, rng: random.Random) -> int:
    """Starts workers and kills each beyond a random row, at a random moment inside the chunk that follows."""
    killed = 0
    for mark in sorted(rng.randrange(rows) for _ in range(5)):
        workers.stdin.write(f"{batch.pk}\n")
        pid = int(workers.stdout.readline())
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            now = ImportBatch.objects.values("state", "cursor", "worker").get(pk=batch.pk)
            if now["state"] in (JobState.DONE, JobState.FAILED):
                break
            if f":{pid}:" in now["worker"] and now["cursor"] >= mark:
                deadline = time.perf_counter() + rng.random() * 0.05
                while time.perf_counter() < deadline:
                    pass
                os.kill(pid, signal.SIGKILL)
                killed += 1
                break
        assert workers.stdout.readline() == "ended\n"
        wake_waiting(ImportBatch.objects.all(), "labeling.run_import")
    return killed


@pytest.mark.parametrize("seed", [1])
def test_five_kills_leave_the_same_end_state_for_rows(people, workers, seed):
    content = mixed_rows(40_000)
    undisturbed = make_project(slug="calm", split_seed="s", manager=people.manager)
    disturbed = make_project(slug="storm", split_seed="s", manager=people.manager)
    calm = start_import(people.manager, undisturbed, file=ContentFile(content), file_name="a.csv")
    run_import(calm.pk)
    storm = start_import(people.manager, disturbed, file=ContentFile(content), file_name="a.csv")
    killed = kill_five_times(storm, workers, 40_000, random.Random(seed))
    run_import(storm.pk)
    storm.refresh_from_db()
    assert killed >= 4
    assert storm.attempt > killed
    expected, found = end_state(undisturbed), end_state(disturbed)
    assert len(expected["items"]) > 39_000
    assert len(expected["rejections"]) > 300
    for part in expected:
        assert found[part] == expected[part], part
    assert_counts_true(disturbed)


def test_five_kills_leave_the_same_end_state_for_pictures(people, workers):
    files = {f"{('cat', 'dog', 'bird')[n % 3]}/{n}.png": picture(n % 380, (64, 48)) for n in range(400)}
    files |= {f"cat/broken{n}.png": picture(n)[:300] for n in range(9)}
    content = zip_of(files)
    projects = []
    for slug in ("calm", "storm"):
        project = make_project(
            slug=slug, split_seed="s", modality="image", labels=("cat", "dog"), manager=people.manager
        )
        options = {"folder_is_label": True}
        batch = start_import(people.manager, project, file=ContentFile(content), file_name="a.zip", options=options)
        if slug == "storm":
            assert kill_five_times(batch, workers, 400, random.Random(2)) >= 4
        run_import(batch.pk)
        projects.append(project)
    calm, storm = map(end_state, projects)
    assert calm["batch"][0] == "done"
    assert calm["batch"][3] > 200
    for part in calm:
        assert storm[part] == calm[part], part
    assert_counts_true(projects[1])


def test_an_attempt_that_was_taken_over_stores_nothing(people, monkeypatch):
    project = make_project(slug="p", manager=people.manager)
    batch = start_import(people.manager, project, file=ContentFile(mixed_rows(6_000)), file_name="a.csv")
    sort_out = ItemStore._sort_out

    def taken_over_in_the_second_chunk(self, rows):
        if self.batch.cursor > 0:
            ImportBatch.objects.filter(pk=batch.pk).update(attempt=9)
        return sort_out(self, rows)

    monkeypatch.setattr(ItemStore, "_sort_out", taken_over_in_the_second_chunk)
    assert run_import(batch.pk)["outcome"] == "fenced off"
    batch.refresh_from_db()
    assert (batch.cursor, batch.attempt, batch.state) == (
        2000,
        1,
        "running",
    )  # the takeover was rolled back too
    assert_counts_true(project)


def test_a_second_worker_finds_nothing_to_claim(people):
    project = make_project(slug="p", manager=people.manager)
    batch = start_import(people.manager, project, file=ContentFile(b"text\na\n"), file_name="a.csv")
    assert run_import(batch.pk)["outcome"] == "done"
    assert run_import(batch.pk)["outcome"] == "nothing to do"
    assert Item.objects.count() == 1


def test_two_imports_at_once_keep_ordinals_dense_and_content_single(people):
    project = make_project(slug="p", manager=people.manager)
    contents = [
        mixed_rows(8_000),
        mixed_rows(9_000).replace(b"\nr", b"\nx"),
        mixed_rows(7_000).replace(b"message", b"text"),
    ]
    batches = [start_import(people.manager, project, file=ContentFile(c), file_name="a.csv") for c in contents]

    def work(pk: int) -> None:
        try:
            run_import(pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[batch.pk]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()
    assert set(ImportBatch.objects.values_list("state", flat=True)) == {"done"}
    assert_counts_true(project)
    hashes = list(Item.objects.values_list("content_hash", flat=True))
    assert len(hashes) == len(set(hashes))
    sides: dict[str, set[str]] = {}
    for group, split in Item.objects.exclude(group="").values_list("group", "split"):
        sides.setdefault(group, set()).add(split)
    assert all(len(side) == 1 for side in sides.values())


def pair_rows(n: int, seed: int = 5) -> bytes:
    """Contexts described and referred to, pairs and judgments of every fate, in one csv."""
    rng = random.Random(seed)
    lines = ["id,text,context,context_id,left,right,winner,annotator,gold"]
    items = 400
    for i in range(items):
        about = f"Question {i // 40}?" if i % 40 < 20 else ""
        lines.append(f"i{i},argument {i if i % 50 else 1},{about},q{i // 40},,,,,")
    for _ in range(n - items):
        context = rng.randrange(11)
        left, right = (f"i{40 * context + rng.randrange(40)}" for _ in range(2))
        if rng.random() < 0.02:
            right = f"i{rng.randrange(items)}"  # mostly of another context
        winner = rng.choice(("left", "right", "tie", "neither", "", "both" if rng.random() < 0.1 else "left"))
        gold = rng.choice(("left", "right")) if rng.random() < 0.01 else ""
        lines.append(f",,,,{left},{right},{winner},{rng.choice('abcdefgh') if winner else ''},{gold}")
    return "\n".join(lines).encode()


def pairs_state(project) -> dict:
    """As ``end_state``, without what is drawn by chance; pairs by the names of their items."""
    names = ("first__external_id", "second__external_id", "context__ordinal", "split", "is_given", "gold", "is_open")
    items = ("pair__first__external_id", "pair__second__external_id", "left__external_id")
    contexts = ("ordinal", "external_id", "text", "split", "items", "pool_active", "eval_active")
    return {
        **end_state(project),
        "annotations": sorted(map(str, project.annotations.values_list(*items, "answer", "imported_annotator"))),
        "pairs": sorted(map(str, project.asked_pairs.values_list(*names))),
        "contexts": list(project.contexts.order_by("ordinal").values_list(*contexts)),
        "places": list(project.items.order_by("ordinal").values_list("in_context__ordinal", "place")),
    }


def test_five_kills_leave_the_same_end_state_for_pairs_and_judgments(people, workers):
    content, projects = pair_rows(16_000), []
    for slug in ("calm", "storm"):
        project = make_project(slug=slug, split_seed="s", kind="pairwise", labels=(), manager=people.manager)
        batch = start_import(people.manager, project, file=ContentFile(content), file_name="a.csv")
        if slug == "storm":
            assert kill_five_times(batch, workers, 16_000, random.Random(3)) >= 4
        run_import(batch.pk)
        projects.append(project)
    calm, storm = map(pairs_state, projects)
    assert calm["batch"][0] == "done"
    assert len(calm["pairs"]) > 5_000
    assert len(calm["annotations"]) > 8_000
    assert len(calm["rejections"]) > 1_000
    for part in calm:
        assert storm[part] == calm[part], part
    assert [str(found) for found in differences(projects[1])] == []
