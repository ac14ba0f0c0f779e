"""A run of a pairwise project: what it learns from, what it says about each context, what it asks next."""

from itertools import pairwise

import pytest

from labeling.models import Annotation, Context, PairQueueEntry, Project
from learning.families.pairwise.results import overview_of, ranking_without, results_of
from learning.models import ModelVersion, PairwiseScore, Run
from learning.services.pipeline.repeat import repeat
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from learning.services.runs.sweep import due_projects
from tests.learning.pairwise.people import (
    bring,
    honest,
    item_rows,
    judged,
    judgments,
    left_only,
    make_pairwise_project,
    strength,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def learn(project: Project) -> Run:
    """Decides and takes the run to its end; every step must be done."""
    run = decide(project.pk)
    assert run is not None
    run_training(run.pk)
    run.refresh_from_db()
    assert run.state == "done", (run.error, run.steps)
    return run


def context(project: Project, name: str = "c0") -> Context:
    return Context.objects.get(project=project, external_id=name)


def names(project: Project, name: str = "c0") -> list[str]:
    return [str(score.item.external_id) for score in results_of(project, context(project, name)).scores]


@pytest.fixture
def project(people) -> Project:
    return make_pairwise_project(people.manager)


def test_scores_ranks_and_pairs_come_of_one_run(project, people):
    bring(project, people.manager, item_rows())
    bring(project, people.manager, judgments(0, 100, {"ann": honest, "bob": honest}))
    run = learn(project)
    steps = [step["name"] for step in run.steps]
    assert steps == ["freeze", "features", "data tests", "fit", "evaluate", "artifact", "gate", "rank", "publish"]
    version = ModelVersion.objects.get()
    assert (version.trained_on, version.learner, len(version.sha256)) == (100, "bradley-terry", 64)
    for name in ("c0", "c1"):
        found = results_of(project, context(project, name))
        assert found.connected
        assert found.sentence == ""
        ordered = [strength(str(score.item.external_id)) for score in found.scores]
        assert ordered[0] > ordered[-1]
        assert sum(a > b for a, b in pairwise(ordered)) >= 4
        assert [score.rank for score in found.scores] == [1, 2, 3, 4, 5, 6]
        assert all(score.se and score.low < score.score < score.high for score in found.scores)
        assert sum(score.score for score in found.scores) == pytest.approx(0, abs=1e-9)
    entries = PairQueueEntry.objects.filter(epoch__project=project, epoch__number=run.epoch)
    assert 0 < entries.count() <= 30
    assert all(0 < entry.propensity <= 1 for entry in entries)


def test_before_the_first_judgment_pairs_are_asked_and_nothing_is_ranked(project, people):
    bring(project, people.manager, item_rows())
    run = learn(project)
    assert {step["name"]: step["state"] for step in run.steps}["fit"] == "skipped"
    assert PairQueueEntry.objects.filter(epoch__project=project).exists()
    assert not ModelVersion.objects.exists()
    found = results_of(project, context(project))
    assert (found.version, found.connected, found.scores) == (None, False, [])
    assert overview_of(project).version is None


def test_a_disconnected_context_gets_a_sentence_and_closing_the_gap_ranks(project, people):
    bring(project, people.manager, item_rows(1, 6))
    bring(project, people.manager, judgments(1, 5, {"ann": honest}, 1, among=[0, 1, 2]))
    bring(project, people.manager, judgments(2, 5, {"bob": honest}, 1, among=[3, 4, 5]))
    learn(project)
    apart = results_of(project, context(project))
    assert not apart.connected
    assert [score.rank for score in apart.scores] == [None] * 6
    assert "2 parts" in apart.sentence
    named = [score.item.external_id for score in apart.scores if str(score.item.external_id) in apart.sentence]
    assert {name < "c0i3" for name in named} == {True, False}
    assert apart.to_settle[0].connects
    bring(project, people.manager, [judged("c0i1", "c0i4", "right")])
    run = learn(project)
    assert run.reason == "1 imported judgments"
    joined = results_of(project, context(project))
    assert joined.connected
    assert joined.sentence == ""
    assert sorted(score.rank for score in joined.scores) == [1, 2, 3, 4, 5, 6]


def test_an_answer_neither_joins_nothing_and_changes_no_score(project, people):
    bring(project, people.manager, item_rows(1, 4))
    strict = [("c0i0", "c0i1", "right", "ann"), ("c0i2", "c0i3", "right", "ann"), ("c0i1", "c0i0", "left", "bob")]
    bring(project, people.manager, [judged(*row) for row in strict])
    learn(project)
    before = list(PairwiseScore.objects.order_by("item").values_list("item", "score", "se", "rank"))
    bring(project, people.manager, [judged("c0i1", "c0i2", "neither"), judged("c0i0", "c0i3", "neither")])
    learn(project)
    version = ModelVersion.objects.newest_first()[0]
    after = PairwiseScore.objects.filter(model_version=version).order_by("item")
    assert list(after.values_list("item", "score", "se", "rank")) == before
    assert version.report["pairwise"]["used"]["neither"] == 2
    assert Annotation.objects.filter(answer__winner="neither").count() == 2


def test_ten_planted_circles_are_found(project, people):
    bring(project, people.manager, item_rows(2, 30))
    rows = []
    for triad in range(10):
        a, b, c = (f"c0i{3 * triad + k}" for k in range(3))
        rows += [judged(a, b, "left"), judged(c, b, "right"), judged(c, a, "left")]
    rows += [judged(f"c1i{n}", f"c1i{n + 1}", "right") for n in range(29)]
    bring(project, people.manager, rows)
    learn(project)
    found = results_of(project, context(project))
    circles = {frozenset(str(item.external_id) for item in cycle) for cycle in found.cycles}
    assert circles == {frozenset(f"c0i{3 * triad + k}" for k in range(3)) for triad in range(10)}
    assert found.n_cycles == 10
    for cycle in found.cycles:  # each beats the next
        first, second = cycle[0].external_id, cycle[1].external_id
        assert any({row["left"], row["right"]} == {first, second} and row[row["winner"]] == first for row in rows), (
            first,
            second,
        )
    assert results_of(project, context(project, "c1")).n_cycles == 0


@pytest.mark.parametrize("seed", range(3))
def test_who_only_answers_left_is_flagged_within_sixty_judgments_and_nobody_else(project, people, seed):
    bring(project, people.manager, item_rows(2, 20))
    crowd = {"lefty": left_only, **{f"honest{n}": honest for n in range(5)}}
    bring(project, people.manager, judgments(seed, 360, crowd, 2, 20))
    learn(project)
    found = overview_of(project)
    assert {one.annotator for one in found.left_rates if one.flagged} == {"lefty"}
    assert [suspect.annotator for suspect in found.suspects if "left" in suspect.why] == ["lefty"]
    assert next(one.rate.n for one in found.left_rates if one.flagged) == 60
    without = ranking_without(project, context(project), "lefty")
    assert without is not None
    assert len(without) == 20
    assert ranking_without(project, context(project), "honest0") is None


def test_held_out_pairs_are_measured_by_and_never_learned_from(people):
    told, lied_to = (make_pairwise_project(people.manager, slug, eval_share=0.2) for slug in ("told", "lied"))
    Project.objects.filter(pk=lied_to.pk).update(split_seed=told.split_seed)
    lied_to.refresh_from_db()
    rows = judgments(3, 400, {"ann": honest, "bob": honest}, 5, 8)
    for project in (told, lied_to):
        bring(project, people.manager, item_rows(5, 8))
        held = set(project.items.filter(split="eval").values_list("external_id", flat=True))
        assert held
        turned = {"left": "right", "right": "left"}
        lies = {number for number, row in enumerate(rows) if project is lied_to and held & {row["left"], row["right"]}}
        told_rows = [
            {**row, "winner": turned[row["winner"]]} if number in lies else row for number, row in enumerate(rows)
        ]
        bring(project, people.manager, told_rows)
        learn(project)
    one, other = (ModelVersion.objects.get(project=project) for project in (told, lied_to))
    assert repeat(one.run).is_same
    assert not repeat(one.run).data_changed
    assert one.sha256 == other.sha256  # bit by bit, and the same data gives the same file
    assert one.metrics["accuracy"]["value"] == pytest.approx(1 - other.metrics["accuracy"]["value"])
    assert {"accuracy_unseen_items", "accuracy_unseen_contexts"} <= set(one.metrics)
    assert {"majority", "coin", "length"} == set(one.baselines)
    used = one.report["pairwise"]["used"]
    assert used["learned"] + used["measured_by"] == 400
    assert one.trained_on == used["learned"]
    found = results_of(told, Context.objects.filter(project=told, split="eval")[0])
    assert "held out" in found.sentence
    assert all(score.rank is None and score.is_eval and score.judgments == 0 for score in found.scores)
    assert not PairQueueEntry.objects.filter(pair__project=told, pair__split="eval").exists()


def test_imported_judgments_without_new_items_are_due_even_when_the_message_is_lost(project, people):
    bring(project, people.manager, item_rows())
    learn(project)
    assert due_projects() == []
    bring(project, people.manager, judgments(0, 30, {"ann": honest}))
    assert due_projects() == [project.pk]
    assert learn(project).reason == "30 imported judgments"
    assert due_projects() == []
