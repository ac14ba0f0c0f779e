"""Answers that give a label of before are unknown, not negative; and a renamed label is the one it was."""

import pytest

from labeling.models import JobState, Split
from labeling.services.projects.label_set import set_labels
from labeling.services.projects.renames import rename_label
from learning.families.labels.training_data import freeze
from learning.models import ModelVersion, Run
from learning.services.monitoring import leaks
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.factories import make_answer, make_items, make_project
from tests.learning.people import answer_some, make_text_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_leaks():
    leaks._measured.cache_clear()


def frozen(project):
    newest = project.annotations.order_by("-pk").values_list("pk", flat=True).first() or 0
    return freeze(Run(project=project, last_annotation_id=newest, items_seen=project.items.count(), changes_seen=0))


def trained(project) -> Run:
    run = decide(project.pk)
    run_training(run.pk)
    run.refresh_from_db()
    return run


MULTI = [["cat"], ["old"], ["cat", "old"], [], ["dog", "gone", "old"]]


@pytest.mark.parametrize(("kind", "answers", "kept", "unknown"), [
    ("classification", [{"label": name} for name in ("cat", "old", "dog", "gone", "old")], 2, {"old": 2, "gone": 1}),
    ("multilabel", [{"labels": names} for names in MULTI], 2, {"old": 3, "gone": 1}),
    ("rating", [{"rating": name} for name in ("cat", "old", "dog", "gone", "old")], 2, {"old": 2, "gone": 1}),
])  # fmt: skip
@pytest.mark.parametrize("split", ["pool", "eval"])
def test_an_answer_with_a_label_not_in_use_is_left_out_whole_and_counted(people, kind, answers, kept, unknown, split):
    project = make_project(kind=kind, labels=("cat", "dog", "old", "gone"), manager=people.manager)
    items = make_items(project, [f"text {n}" for n in range(len(answers))], split=Split(split))
    for item, answer in zip(items, answers, strict=True):
        make_answer(item, people.annotator, answer)
    assert len(frozen(project).pool) + len(frozen(project).evaluation) == len(answers)
    set_labels(project, ["cat", "dog"])
    data = frozen(project)
    side = data.pool if split == "pool" else data.evaluation
    assert (len(side), data.n_unknown, dict(data.unknown)) == (kept, len(answers) - kept, unknown)
    if kind == "multilabel":  # who gave none of the labels is the only one that is learned as none of them
        assert side.hard.tolist() == [[1, 0], [0, 0]]
    set_labels(project, ["cat", "dog", "old", "gone"])
    assert frozen(project).n_unknown == 0


def test_note_data_test_and_page_say_how_many_and_which(people, browser_of, api):
    project = make_text_project(people.manager, labels=("ham", "spam", "other"), retrain_every=10)
    answer_some(project, people.annotator, 60)
    answer_some(project, people.annotator, 15, split=Split.EVAL)
    other = list(project.items.filter(answers=0)[:4])
    for item in other:
        make_answer(item, people.annotator, {"label": "other"})
    rename_label(people.manager, project, "other", "misc")
    set_labels(project, ["ham", "spam"])
    run = trained(project)
    assert run.state == JobState.DONE, run.error
    note = next(step["note"] for step in run.steps if step["name"] == "freeze")
    assert "4 answers give labels that are not in use and left out: misc 4" in note
    found = next(row for row in run.data_tests if row["name"] == "labels_in_use")
    assert (found["outcome"], found["value"]) == ("warn", 4)
    assert "misc 4" in found["words"]
    page = " ".join(browser_of(people.manager).get(f"/p/{project.slug}/runs/{run.public_id}/").content.decode().split())
    assert "Labels that were given are in use" in page
    assert page.count("misc 4") >= 2
    rows = api(people.manager).get(f"/api/v1/runs/{run.public_id}/").data["data_tests"]
    assert [row["words"] for row in rows if row["name"] == "labels_in_use"] == [found["words"]]


def test_a_renamed_label_keeps_its_answers_its_model_and_its_place(people, browser_of, api):
    project = make_text_project(people.manager, retrain_every=10)
    answer_some(project, people.annotator, 80)
    answer_some(project, people.annotator, 30, split=Split.EVAL)
    run = trained(project)
    assert run.state == JobState.DONE, run.error
    before = frozen(project)
    rename_label(people.manager, project, "spam", "junk mail")
    assert decide(project.pk) is None  # nothing is new to learn
    after = frozen(project)
    assert (after.sha256, after.labels, after.n_unknown) == (before.sha256, before.labels, 0)
    version = ModelVersion.objects.get(run=run)
    assert (version.labels, version.label_names) == (["ham", "spam"], ["ham", "junk mail"])
    told = api(people.manager).get(f"/api/v1/models/{version.pk}/").data
    assert told["labels"] == ["ham", "junk mail"]
    page = browser_of(people.manager).get(f"/p/{project.slug}/models/{version.number}/").content.decode()
    assert "junk mail" in page
    answer_some(project, people.annotator, 20)
    again = trained(project)
    assert again.state == JobState.DONE, again.error
    both = ModelVersion.objects.order_by("number")
    assert [made.labels for made in both] == [["ham", "spam"]] * 2
    assert {row["name"]: row["outcome"] for row in again.data_tests}["labels_in_use"] == "pass"
