"""A home made by f83abf0 under the code of today: what was labeled, learned and kept is there, and the work goes on.

``make.py`` says how the home was made. Whatever an answer says otherwise than it did then stands in this file, with its
reason; anything else fails.
"""

import json
import re
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.ops.running import until
from tests.upgrade.compare import Comparison, compared
from tests.upgrade.old_home import Upgraded, expected_files, started
from tests.upgrade.tables import tables

pytestmark = [pytest.mark.both_databases, pytest.mark.broker]

EXPORTS = [name for name in expected_files() if name.endswith((".jsonl", ".csv", ".parquet"))]
ANSWERS = [name for name in expected_files() if name.endswith(".json")]
SNAPSHOT_FILES = [name for name in expected_files() if "/snapshot-" in name]

#: by the rows of an export, the columns it has gained since
#: the items' own columns of sample-texts: null in the lines of jsonl that lacked them
OWN_COLUMNS = {"flag", "item.utility", "length", "score", "tags"}
ADDED_COLUMNS: dict[str, set[str]] = {
    # and what the author said with the answer
    "annotations": {*(name.rpartition(".")[2] for name in OWN_COLUMNS), "doubt", "comment"},
    # and whether a reviewer decided, who and when, and where the label comes from
    "items": {
        *(name.rpartition(".")[2] for name in OWN_COLUMNS),
        "reviewed",
        "reviewed_by",
        "reviewed_at",
        "reviewed_in_bulk",
        "label_source",
    },
    # what the files of trainers and ranking tools are made of
    "preferences": {"chosen_external_id", "rejected_external_id", "context_external_id"},
    "rankings": {"context_id", "context_external_id", "chance"},
}

#: what a csv says otherwise than it did: none of the labels, which looked like no answer and no consensus
NONE_OF_THE_LABELS = ("", "[]")

#: what REST adds to its answers of then, by the last names of a place
ADDED_NAMES = {
    ".note",  # why an interval is left open
    ".intervals_note",  # that a version of before measured by an older method
    ".difference.n",
    ".report.version",
    ".outliers",  # what tells whether a row is unlike anything learned from
    ".in_short",  # what a model is worth in one sentence
    ".costs",  # what mistakes cost
    ".n_labels", ".pinned", ".file_dropped_at",
    ".settings.fall_back", ".asking", ".settings.ask_about", ".settings.answers_a_minute",
    ".next_hour", ".second_opinions", ".settings.second_opinions", ".settings.second_share", ".settings.most_answers",
    ".settings.gold_feedback",  # whether one is told how one did on gold
    ".settings.practice_questions", ".settings.practice_pass", ".settings.practice_tries",  # before the first question
    ".settings.suggestions_from", ".settings.suggestions_version", ".settings.suggestions_withheld",
    ".settings.signal_from", ".settings.machine_votes",
    ".results[].assisted",  # of an answer: whether a suggestion was shown
    ".results[].doubt", ".results[].comment",  # and what was said with it
    ".results[].goal_day", ".results[].goal_total",  # of a member: how many answers are hoped for
    ".results[].quota_day", ".results[].quota_total",  # and after how many there are no more questions
    ".results[].paused_at", ".results[].pause_note",  # and whether they are asked just now, and why not
    ".settings.weight_human", ".settings.weight_review", ".settings.weight_import",  # what labels count in training
    # what becomes of predictions for programs outside, and how many there may be
    ".settings.production_a_day", ".settings.production_outliers", ".settings.production_share",
    ".settings.reviews_a_day", ".settings.predictions_a_minute", ".settings.predictions_a_day",
    ".settings.production_mode", ".settings.prediction_limit_ms", ".settings.prediction_limit_cpu_ms",
    ".prediction_cost",  # of models: what a prediction costs; null for those of then
    ".teacher", ".stands_in",  # and whether it was distilled from another one
    ".settings.consensus_by", ".consensus",  # what several answers come to where a model learns, and came to in a run
    ".sources",  # of runs and models: where the labels came from; null for those of then
    ".as_of",  # and which numbers of a large project a worker counted, and when
    ".progress.gold", ".progress.to_label",  # items asked as tests alone, and how many there are to label without them
    ".set_aside",  # of metrics: items that are not asked about, by why
    ".results[].names",  # of a snapshot: real ones or pseudonyms
    ".results[].columns",  # of a snapshot: those that were asked for
}  # fmt: skip

#: what REST says otherwise than it did
SAID_ANEW = {
    r"\.(low|high)$": "no interval of width zero, none on fewer than five answers: null, with a note",
    r"^\.results\[\]\.labels$": "in the list of models null: a version may have learned thousands",
    r"^\.next$": "the address of another server",
    r"^\.throughput\.": "what was answered lately, by the clock of whoever asks",
    r"(^|\.)(reason|text|sentence)$": "words for people",
}


@pytest.fixture(scope="module")
def upgraded(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), started(tmp_path_factory.mktemp("old")) as upgraded:
        yield upgraded


def changes(comparison: Comparison) -> dict[str, tuple[Any, Any]]:
    """PostgreSQL keeps no order of the keys in a JSON column, so an item's own columns come in another one there."""
    kept = connection.vendor == "sqlite"
    return {place: both for place, both in comparison.changed.items() if kept or not place.endswith(": order")}


def gained(comparison: Comparison) -> set[str]:
    """The columns that an export has and had not."""
    return {place.rpartition(".")[2] for place in comparison.added}


def test_every_export_has_the_rows_it_had_and_no_column_more_than_is_listed(upgraded: Upgraded):
    assert len(EXPORTS) == 54
    wrong = {}
    for name in EXPORTS:
        found = compared(name, *upgraded.then_and_now(name))
        rows = re.split(r"[-.]", name.partition("/")[2])[0]
        unlisted = gained(found) - ADDED_COLUMNS.get(rows, set())
        changed = {place: both for place, both in changes(found).items() if both != NONE_OF_THE_LABELS}
        if changed or unlisted:
            wrong[name] = (changed, unlisted)
    assert not wrong


def test_its_tables_are_those_that_a_fresh_home_is_given_at_once(upgraded: Upgraded, transactional_db):
    said = upgraded.run("-m", "tests.upgrade.tables").stdout
    of_old, fresh = json.loads(said.replace("slots_total", "annotations_required")), tables()  # names of checks stay
    assert len(fresh) > 40
    assert set(of_old) == set(fresh)
    lines = (json.dumps(each, indent=0, sort_keys=True).splitlines() for each in (of_old, fresh))
    differing = list(unified_diff(*lines, n=0))
    assert not differing, differing


def test_the_file_of_a_snapshot_is_byte_for_byte_what_it_was(upgraded: Upgraded):
    assert len(SNAPSHOT_FILES) == 4
    for name in SNAPSHOT_FILES:
        then, now = upgraded.then_and_now(name)
        assert then == now, name


def test_what_rest_says_of_models_runs_queues_and_people_only_grows(upgraded: Upgraded):
    assert {Path(name).stem.split("-")[0] for name in ANSWERS} >= {
        "models",
        "model",
        "runs",
        "queue",
        "metrics",
        "scores",
    }
    wrong = {}
    for name in ANSWERS:
        found = compared(name, *upgraded.then_and_now(name))
        changed = {place: both for place, both in changes(found).items() if not _said_anew(place)}
        added = {place for place in found.added if not place.endswith(tuple(ADDED_NAMES))}
        if changed or added:
            wrong[name] = (changed, added)
    assert not wrong


def _said_anew(place: str) -> bool:
    return any(re.search(pattern, place) for pattern in SAID_ANEW)


def test_all_counts_are_right(upgraded: Upgraded):
    ran = upgraded.run("manage.py", "recount", "--check")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 projects, 0 differences" in ran.stdout


def test_every_model_file_loads_by_its_hash(upgraded: Upgraded):
    ran = upgraded.run("-m", "tests.upgrade.load_models")
    assert ran.returncode == 0, ran.stderr[-3000:]
    loaded = json.loads(ran.stdout)
    assert len(loaded) >= 12
    kept = {path for path in loaded if (upgraded.home / "files" / path).exists()}
    assert len(kept) >= 10  # the large ones are not in the fixture
    assert {path: why for path, why in loaded.items() if why and path in kept} == {}


def test_no_file_of_the_home_is_lost_or_changed(upgraded: Upgraded):
    assert upgraded.files_then
    assert upgraded.files_now() == upgraded.files_then


PAGES = ["", "imports/", "items/", "export/", "export/snapshots/", "audit/", "members/", "settings/", "storage/"]
PAGES += ["annotate/", "runs/", "models/", "fragments/curve/", "fragments/alerts/", "agreement/"]


def test_every_page_shows_what_was_made_then(upgraded: Upgraded):
    """Also those of each model version, whose report was written by the code of then."""
    browser = upgraded.signed_in()
    for slug in sorted({name.partition("/")[0] for name in ANSWERS}):
        numbers = [model["number"] for model in json.loads(upgraded.call("GET", f"projects/{slug}/models/"))["results"]]
        assert numbers
        pages = [*PAGES, *(f"models/{number}/{more}" for number in numbers for more in ("", "mistakes/"))]
        if slug == "sample-arguments":
            pages = [page for page in [*pages, "ranking/"] if not page.endswith("mistakes/")]
        for page in pages:
            browser.get(f"/p/{slug}/{page}")


def test_labeling_and_learning_go_on(upgraded: Upgraded):
    """Last, since it changes the project of the table."""
    (task,) = json.loads(upgraded.call("POST", "projects/sample-table/tasks/next/", {"count": 1}))
    upgraded.call("PUT", f"tasks/{task['id']}/answer/", {"answer": {"label": ">50K"}, "elapsed_ms": 900})
    run = json.loads(upgraded.call("POST", "projects/sample-table/runs/"))

    def ended() -> dict | None:
        now = json.loads(upgraded.call("GET", f"runs/{run['id']}/"))
        return now if now["state"] not in ("queued", "running") else None

    now = until(ended, "the end of the run", patience_s=240)
    assert now["state"] == "done", now
    models = json.loads(upgraded.call("GET", "projects/sample-table/models/"))["results"]
    assert max(model["number"] for model in models) == 3
    then, exported = upgraded.then_and_now("sample-table/annotations.jsonl")
    assert len(exported.splitlines()) == len(then.splitlines()) + 1
