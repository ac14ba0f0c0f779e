"""What leaves a pairwise project: scores over REST, preferences, rankings and scores as exports, older versions."""

import json

import pytest
from django.core.files.storage import default_storage

from labeling.models import Context, Epoch, Snapshot, Task
from labeling.services.exports.snapshots import run_snapshot
from labeling.services.items.status import set_aside
from learning.families.pairwise import export_rows, publish
from learning.families.pairwise.export_rows import chance_of, grade_of
from learning.families.pairwise.results import results_of
from learning.models import Alert, ModelVersion, PairwiseScore
from learning.services.pipeline.rank import rank_again
from learning.services.runs.control import promote
from tests.learning.pairwise.people import bring, honest, item, item_rows, judged, judgments, make_pairwise_project
from tests.learning.pairwise.test_run import learn

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(people):
    made = make_pairwise_project(people.manager)
    bring(made, people.manager, item_rows(2, 4))
    return made


def export(client, project, rows: str, **filters: str) -> list[dict]:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    response = client.get(f"/api/v1/projects/{project.slug}/export/?format=jsonl&rows={rows}&{query}")
    assert response.status_code == 200, response.json()
    return [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]


def test_preferences_are_rows_a_trainer_reads(project, people, api, monkeypatch):
    rows = [
        judged("c0i0", "c0i3", "right", "ann"), judged("c0i3", "c0i0", "left", "bob"),
        judged("c0i0", "c0i3", "left", "cid"),  # two for c0i3, one against
        judged("c0i0", "c0i1", "left", "ann"), judged("c0i1", "c0i0", "left", "bob"),  # evenly split: none
        judged("c0i1", "c0i2", "tie", "ann"), judged("c0i1", "c0i3", "neither", "ann"),  # nothing preferred
        judged("c1i1", "c1i0", "left", "ann"), judged("c1i0", "c1i1", "tie", "bob"),
    ]  # fmt: skip
    bring(project, people.manager, rows)
    found = export(api(people.manager), project, "preferences")
    assert [(row["chosen_id"], row["rejected_id"]) for row in found] == [
        (item(project, "c0i3").pk, item(project, "c0i0").pk), (item(project, "c1i1").pk, item(project, "c1i0").pk),
    ]  # fmt: skip
    first, second = found
    assert first["prompt"] == "Debate 0?"
    assert (first["chosen"], first["rejected"]) == (item(project, "c0i3").text, item(project, "c0i0").text)
    assert first["margin"] == pytest.approx(1 / 3)
    assert (first["votes_chosen"], first["votes_rejected"], first["annotators"]) == (2, 1, ["ann", "bob", "cid"])
    assert (second["margin"], second["ties"], second["purpose"]) == (1.0, 1, "Which convinces more?")
    monkeypatch.setattr(export_rows, "CHUNK_ROWS", 1)
    assert export(api(people.manager), project, "preferences") == found


def test_rankings_hold_ranked_items_and_scores_hold_all(project, people, api, monkeypatch):
    bring(project, people.manager, judgments(0, 20, {"ann": honest, "bob": honest}, 1, 4))
    bring(project, people.manager, [judged("c1i0", "c1i1", "right")])  # c1 stays in three parts
    learn(project)
    client = api(people.manager)
    ranked = export(client, project, "rankings")
    assert [row["query_id"] for row in ranked] == ["c0"] * 4
    assert [row["rank"] for row in ranked] == [1, 2, 3, 4]
    assert all(row["grade"] == grade_of(chance_of(row["score"])) for row in ranked)
    scored = export(client, project, "scores")
    assert len(scored) == 8
    assert {row["rank"] for row in scored if row["context"] == "Debate 1?"} == {None}
    assert all(row["se"] > 0 and row["low"] < row["score"] < row["high"] for row in scored)
    assert export(client, project, "scores", split="eval") == []
    # contexts and scores in pieces of any size: the same rows in the same order, those of equal scores too
    PairwiseScore.objects.filter(context__external_id="c0").update(score=1.0)
    rows = {name: export(client, project, name) for name in ("rankings", "scores")}
    for contexts, scores in ((1, 1), (1, 3), (5, 2), (1_000, 5)):
        monkeypatch.setattr(export_rows, "CHUNK_ROWS", contexts)
        monkeypatch.setattr(export_rows, "SCORES_AT_ONCE", scores)
        assert {name: export(client, project, name) for name in rows} == rows


def test_grades_are_fifths_of_the_chance_against_an_average_item():
    assert [grade_of(chance_of(score)) for score in (-50.0, -1.0, 0.0, 1.0, 50.0)] == [0, 1, 2, 3, 4]


def test_other_kinds_have_no_such_rows_and_senseless_filters_are_refused(project, people, api):
    people.manager.is_superuser = True
    people.manager.save()
    client = api(people.manager)
    made = client.post("/api/v1/projects/", {"name": "Plain", "kind": "classification", "modality": "text"}).json()
    for path in (f"{made['slug']}/export/?rows=scores", f"{project.slug}/export/?rows=rankings&source=human"):
        response = client.get(f"/api/v1/projects/{path}")
        assert response.status_code == 400, path
    refused = client.post(f"/api/v1/projects/{made['slug']}/snapshots/", {"rows": "preferences"})
    assert refused.status_code == 400
    assert "rows" in refused.json()


def test_a_snapshot_of_preferences_does_not_change_with_later_judgments(project, people, api):
    bring(project, people.manager, [judged("c0i0", "c0i1", "right")])
    made = api(people.manager).post(f"/api/v1/projects/{project.slug}/snapshots/", {"rows": "preferences"})
    assert made.status_code == 202
    bring(project, people.manager, [judged("c0i2", "c0i3", "right")])
    run_snapshot(Snapshot.objects.get().pk)
    assert Snapshot.objects.get().row_count == 1


def test_scores_over_rest(project, people, api):
    bring(project, people.manager, judgments(0, 40, {"ann": honest, "bob": honest}, 2, 4))
    client = api(people.manager)
    address = f"/api/v1/projects/{project.slug}/scores/"
    before = client.get(address).json()
    assert (before["version"], before["scores"], before["connected"]) == (None, [], False)
    assert before["context"]["external_id"] == "c0"
    learn(project)
    found = client.get(f"{address}?context=c1").json()
    assert (found["version"], found["context"]["external_id"], found["connected"]) == (1, "c1", True)
    assert sorted(score["rank"] for score in found["scores"]) == [1, 2, 3, 4]
    by_number = client.get(f"{address}?context={Context.objects.get(external_id='c1').pk}").json()
    assert by_number["scores"] == found["scores"]
    assert len(client.get(f"{address}?context=c1&limit=2").json()["scores"]) == 2
    assert found["left_rate"]["project"]["n"] == 40
    sums = [
        sum(PairwiseScore.objects.filter(context__external_id=name).values_list("judgments", flat=True))
        for name in ("c0", "c1")
    ]
    assert [2 * row["judgments"] for row in found["contexts"]] == sums
    refused = client.get(f"{address}?context=nowhere")
    assert refused.status_code == 400
    assert "context" in refused.json()


def test_a_version_that_comes_back_into_use_is_shown_again(project, people, monkeypatch):
    monkeypatch.setattr(publish, "VERSIONS_KEPT", 1)
    bring(project, people.manager, judgments(0, 20, {"ann": honest}, 2, 4))
    learn(project)
    first = ModelVersion.objects.get()
    before = list(PairwiseScore.objects.order_by("item").values_list("item", "score", "se", "rank"))
    for seed in (1, 2):
        bring(project, people.manager, judgments(seed, 20, {f"bob{seed}": honest}, 2, 4))
        learn(project)
    assert not PairwiseScore.objects.filter(model_version=first).exists()
    promote(people.manager, first, "The earlier ranking was the better one.")
    assert rank_again(project.pk)
    again = PairwiseScore.objects.filter(model_version=first).order_by("item")
    assert list(again.values_list("item", "score", "se", "rank")) == before


def test_the_loop_over_rest_asks_learns_and_asks_what_tells_most(project, people, api):
    project.retrain_every = 10
    project.save()
    learn(project)
    client, answered = api(people.manager), 0
    while answered < 12:
        for task in client.post(f"/api/v1/projects/{project.slug}/tasks/next/", {"count": 3}).json():
            strengths = [task[side]["text"].count("convincing") for side in ("left", "right")]
            winner = "left" if strengths[0] > strengths[1] else "right"
            response = client.put(f"/api/v1/tasks/{task['id']}/answer/", {"answer": {"winner": winner}})
            assert response.status_code == 201, response.json()
            answered += 1
    run = learn(project)
    assert run.trigger == "labels"
    version = ModelVersion.objects.get(run=run)
    assert version.trained_on == answered
    (task,) = client.post(f"/api/v1/projects/{project.slug}/tasks/next/", {"count": 1}).json() or [None]
    asked = Task.objects.get(pk=task["id"]) if task else None
    assert asked is None or asked.epoch in (None, run.epoch)
    right = [row for row in export(client, project, "annotations") if row["answer"]["winner"] in ("left", "right")]
    assert len(right) == answered


def test_a_damaged_champion_leaves_the_pairs_to_the_version_before(project, people):
    """Outside a run, as after a rollback: an alert and a ranking, not a job that fails for ever."""
    bring(project, people.manager, judgments(0, 20, {"ann": honest}, 2, 4))
    learn(project)
    older = ModelVersion.objects.get(project=project)
    promote(people.manager, older, "to have one")
    bring(project, people.manager, judgments(1, 20, {"bob": honest}, 2, 4))
    learn(project)
    newer = ModelVersion.objects.filter(project=project).newest_first()[0]
    promote(people.manager, newer, "newer")
    with default_storage.open(newer.path, "wb") as file:
        file.write(b"damaged")
    epoch = rank_again(project.pk)
    assert epoch is not None
    assert Epoch.objects.get(project=project, number=epoch).model_version == older.number
    assert Alert.objects.filter(project=project, kind="model_damaged").exists()
    with default_storage.open(older.path, "wb") as file:
        file.write(b"damaged too")
    assert rank_again(project.pk) is None


def test_a_version_comes_back_though_an_item_was_set_aside_since(project, people):
    for number, person in enumerate("abcde"):
        bring(project, people.manager, judgments(number, 20, {person: honest}, 2, 4))
        learn(project)
    oldest = ModelVersion.objects.get(project=project, number=1)
    assert not PairwiseScore.objects.filter(model_version=oldest).exists()
    promote(people.manager, oldest, "back to the first")
    set_aside(people.manager, item(project, "c0i0"))
    assert rank_again(project.pk)
    shown = results_of(project, Context.objects.get(project=project, external_id="c0"))
    assert shown.version == 1
    assert [score.rank for score in shown.scores] == [1, 2, 3]
    assert item(project, "c0i0") not in [score.item for score in shown.scores]
