"""Each planted defect is found by its own test, clean data by none; hard ones stop a run, soft ones are told."""

import numpy as np
import pytest

from benchmarks.data_defects import DEFECTS, Planted, findings, plant_project, read_data
from labeling.models import JobState, Label
from learning.models import Alert, ModelVersion, Run
from learning.services.monitoring import leaks
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.learning.people import answer_some, make_text_project, texts

pytestmark = pytest.mark.django_db

FIRST_WORDS = ("win", "claim", "urgent", "free")


@pytest.fixture
def planted() -> Planted:
    """Made-up messages of two imports; real ones are the benchmark's."""
    rng = np.random.default_rng(0)
    made = [f"{text} {' '.join(['and so on'] * int(rng.integers(6)))}" for text in texts(300, seed=3)]
    return plant_project("text", made, ["spam" if text.startswith(FIRST_WORDS) else "ham" for text in made], seed=3)


@pytest.fixture(autouse=True)
def fresh_leaks():
    """They are remembered by project and number of items, and these tests change items."""
    leaks._measured.cache_clear()
    yield
    leaks._measured.cache_clear()


def test_clean_data_raises_nothing_and_every_test_can_tell(planted):
    rows = findings(planted)
    assert {name: row.words for name, row in rows.items() if row.outcome != "pass"} == {}
    assert set(rows) == set(DEFECTS)


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_found_and_says_what_to_do(planted, name):
    DEFECTS[name](planted)
    row = findings(planted)[name]
    assert row.outcome == ("fail" if row.hard else "warn"), row.words
    assert row.value is None or row.value > row.limit
    assert row.advice


def test_the_same_words_in_another_context_are_another_item_and_stop_nothing(planted):
    """A short answer such as "yes" comes up in many conversations; nobody could set them all aside."""
    pool, held = planted.answered("pool")[0], planted.answered("eval")[0]
    for item, context in ((pool, "Are you there?"), (held, "Will you come?")):
        type(item).objects.filter(pk=item.pk).update(text="Yes.", context=context)
    rows = findings(planted)
    assert rows["same_item_in_both_splits"].outcome == "pass"
    assert rows["near_duplicates_in_both_splits"].value > 0
    assert "fail" not in {row.outcome for row in rows.values()}
    type(held).objects.filter(pk=held.pk).update(context="Are you there?")
    leaks._measured.cache_clear()
    assert findings(planted)["same_item_in_both_splits"].outcome == "fail"


@pytest.mark.parametrize("name", ["messages", "adults"])
@pytest.mark.parametrize("seed", [1, 2])
def test_real_clean_data_raises_nothing(name, seed):
    found = read_data(name, 300, np.random.default_rng(seed))
    if found is None:
        pytest.skip("needs ../shared/data")
    rows = findings(plant_project(*found, seed=seed))
    assert [row.words for row in rows.values() if row.outcome in ("warn", "fail")] == []


def trained(project) -> Run:
    run = decide(project.pk)
    run_training(run.pk)
    run.refresh_from_db()
    return run


@pytest.fixture
def project(people):
    project = make_text_project(people.manager, slug="sms", n_pool=120, n_eval=20, retrain_every=10)
    answer_some(project, people.annotator, 40)
    answer_some(project, people.annotator, 20, "eval")
    return project


def test_a_hard_test_stops_the_run_before_anything_is_learned(project, people, browser_of, api):
    first = trained(project)
    assert first.state == JobState.DONE, first.error
    in_use = ModelVersion.objects.get(project=project)
    project.annotations.filter(pk=project.annotations.first().pk).update(answer={"label": "sapm"})
    answer_some(project, people.annotator, 10)
    run = trained(project)
    assert run.state == JobState.FAILED
    assert run.error.startswith("data tests: labels_in_set: 1 answer gives a label not in the set: sapm.")
    assert [step["name"] for step in run.steps] == ["freeze", "features", "data tests"]
    assert ModelVersion.objects.get(project=project) == in_use
    alert = Alert.objects.get(project=project)
    assert (alert.kind, alert.is_open) == ("data_test_failed", True)
    page = browser_of(people.manager).get(f"/p/sms/runs/{run.public_id}/").content.decode()
    assert "Labels are in the set" in page
    assert "Add the labels to the project" in page
    shown = api(people.manager).get(f"/api/v1/runs/{run.public_id}/").json()["data_tests"]
    assert {key: shown[0][key] for key in ("hard", "limit")} == {"hard": True, "limit": 0.0}
    assert [row["value"] for row in shown if row["name"] == "labels_in_set"] == [1.0]

    project.labels.create(name="sapm", position=9)
    answer_some(project, people.annotator, 10)
    assert trained(project).state == JobState.DONE
    alert.refresh_from_db()
    assert not alert.is_open


def test_a_soft_test_warns_and_the_run_goes_on(project):
    project.annotations.update(elapsed_ms=20)
    run = trained(project)
    assert run.state == JobState.DONE, run.error
    step = next(step for step in run.steps if step["name"] == "data tests")
    assert "plausible_durations" in step["note"]


def test_what_is_set_aside_or_archived_is_no_defect_any_more(project, people):
    item, held = (project.items.filter(split=split, answers=1).first() for split in ("pool", "eval"))
    type(item).objects.filter(pk=held.pk).update(text=item.text)
    assert trained(project).state == JobState.FAILED
    type(item).objects.filter(pk=held.pk).update(status="set_aside", is_open=False)
    answer_some(project, people.annotator, 10)
    leaks._measured.cache_clear()
    assert trained(project).state == JobState.DONE
    Label.objects.create(project=project, name="other", position=9)  # one label alone teaches nothing
    project.labels.filter(name="spam").update(archived=True)
    answer_some(project, people.annotator, 10)
    assert trained(project).state == JobState.DONE


@pytest.mark.parametrize("n_answers", [0, 1, 3])
def test_a_young_project_passes(people, n_answers):
    project = make_text_project(people.manager, n_pool=6, n_eval=2, retrain_every=10)
    answer_some(project, people.annotator, n_answers)
    run = trained(project)
    assert run.state == JobState.DONE, run.error
    assert run.epoch
    assert not [row for row in run.data_tests if row["outcome"] in ("warn", "fail")]


def test_one_label_so_far_is_told_but_ranks_on(people):
    project = make_text_project(people.manager, n_pool=120, n_eval=4, retrain_every=10)
    answer_some(project, people.annotator, 60)
    project.annotations.update(answer={"label": "ham"})
    run = trained(project)
    assert run.state == JobState.DONE, run.error
    assert run.epoch
    assert [row["name"] for row in run.data_tests if row["outcome"] == "warn"][:1] == ["more_than_one_label"]


def test_a_run_keeps_what_it_was_made_with(project, people, browser_of):
    run = trained(project)
    kept = run.environment
    assert set(kept["libraries"]) >= {"numpy", "scipy", "scikit-learn", "onnxruntime", "wordllama", "pillow", "django"}
    assert len(kept["code"]["source_sha256"]) == 64
    assert kept["parameters"]["retrain_every"] == 10
    assert all(step["peak_memory_mb"] > 10 for step in run.steps)
    page = browser_of(people.manager).get(f"/p/sms/runs/{run.public_id}/").content.decode()
    assert kept["code"]["source_sha256"] in page
