"""Each planted defect is found by its own test and clean judgments by none; hard ones stop the run."""

import random
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client

from labeling.models import Annotation, Item, JobState, Member, Pair, Project, Role
from labeling.services.answers.record import record_answer
from labeling.services.imports import run_import, start_import
from labeling.services.items.status import set_aside
from labeling.services.serving.next_tasks import next_tasks
from learning.models import Alert, ModelVersion, Run, Trigger
from learning.services.features.matrix import FeatureMatrix
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.learning.pairwise.people import bring, honest, item, item_rows, judged, make_pairwise_project, strength

pytestmark = pytest.mark.django_db

ITEMS = 30
CROWD = ("ann", "bob", "cho", "dee")


def run_of(project: Project) -> Run:
    run = decide(project.pk, Trigger.MANUAL)
    assert run is not None
    run_training(run.pk)
    run.refresh_from_db()
    return run


def rows_of(run: Run) -> dict[str, dict]:
    return {row["name"]: row for row in run.data_tests}


@pytest.fixture
def project(people, built_once) -> Project:
    """400 imported judgments of four people, 20 gold answers, 40 answers given here."""
    built_once(lambda: judge(people))
    return Project.objects.get()


@pytest.fixture
def learned(people, built_once) -> Project:
    """The same, with a model."""

    def build() -> None:
        judge(people)
        run_of(Project.objects.get())

    built_once(build)
    return Project.objects.get()


def judge(people) -> None:
    project = make_pairwise_project(people.manager)
    bring(project, people.manager, item_rows(2, ITEMS))
    rng, rows = random.Random(4), []
    for name in CROWD:
        for context in (0, 1):
            for pair in rng.sample(list(combinations(range(ITEMS), 2)), 40):
                rows.append(preferred(rng, *(f"c{context}i{n}" for n in rng.sample(pair, 2)), name))
    sure = [(f"c0i{n}", f"c0i{n + 9}") for n in range(20)]
    for number, (one, other) in enumerate(sure):
        sides = (one, other) if number % 2 else (other, one)
        rows += [preferred(rng, *sides, "eve"), preferred(rng, *reversed(sides), "fay")]
    bring(project, people.manager, rows)
    bring(project, people.manager, [{"left": one, "right": other, "gold": "right"} for one, other in sure])
    Member.objects.create(project=project, user=people.annotator, role=Role.ANNOTATOR)
    for task in next_tasks(people.annotator, project, 40, rng):
        left, right = Item.objects.get(pk=task.left_id), task.pair.other(task.left_id)
        won = honest(rng, strength(left.external_id), strength(right.external_id))
        record_answer(people.annotator, task.pk, {"winner": won}, 3000)


def preferred(rng: random.Random, left: str, right: str, name: str) -> dict:
    return judged(left, right, honest(rng, strength(left), strength(right)), name)


# the defects


def another_context(project: Project, people) -> None:
    Item.objects.filter(pk=item(project, "c0i0").pk).update(in_context=item(project, "c1i0").in_context, place=999)


def a_side_of_another_pair(project: Project, people) -> None:
    answer = Annotation.objects.filter(pair__isnull=False).first()
    Annotation.objects.filter(pk=answer.pk).update(left=Item.objects.exclude(pk__in=pair_of(answer)).first())


def pair_of(answer: Annotation) -> tuple[int, int]:
    return answer.pair.first_id, answer.pair.second_id


def an_eval_item_among_what_is_learned(project: Project, people) -> None:
    Item.objects.filter(pk=item(project, "c0i3").pk).update(split="eval")


def a_tenth_set_aside(project: Project, people) -> None:
    for n in range(8):
        set_aside(people.manager, item(project, f"c0i{n}"))


def always_left(project: Project, people, **who) -> None:
    Annotation.objects.filter(**who).update(answer={"winner": "left"})


def one_always_left(project: Project, people) -> None:
    always_left(project, people, imported_annotator="ann")


def answers_here_that_lean(project: Project, people) -> None:
    always_left(project, people, annotator=people.annotator)


def nearly_all_by_one(project: Project, people) -> None:
    kept = Annotation.objects.filter(annotator=people.annotator).values_list("pk", flat=True)[:5]
    Annotation.objects.exclude(imported_annotator="ann").exclude(pk__in=list(kept)).delete()


def two_people_under_one_name(project: Project, people) -> None:
    Annotation.objects.filter(imported_annotator="eve").update(imported_annotator="fay")


def few_judgments(project: Project, people) -> None:
    kept = Annotation.objects.order_by("pk").values_list("pk", flat=True)[::8]
    Annotation.objects.exclude(pk__in=list(kept)).delete()


def some_items_more(project: Project, people) -> None:
    more = [{"id": f"new{n}", "text": f"new {n} {'word ' * (n % 7)}", "context": {"id": "c0"}} for n in range(20)]
    bring(project, people.manager, more)


def gold_on_the_other_side(project: Project, people) -> None:
    first = list(Pair.objects.filter(gold="first").values_list("pk", flat=True))
    Pair.objects.filter(gold="second").update(gold="first")
    Pair.objects.filter(pk__in=first).update(gold="second")


def hasty(project: Project, people) -> None:
    Annotation.objects.filter(annotator=people.annotator).update(elapsed_ms=20)


DEFECTS: dict[str, Callable] = {
    "pairs_within_contexts": another_context,
    "sides_are_of_the_pair": a_side_of_another_pair,
    "held_out_pairs_are_not_learned": an_eval_item_among_what_is_learned,
    "judgments_in_scope": a_tenth_set_aside,
    "both_sides_win": always_left,
    "people_use_both_sides": one_always_left,
    "sides_between_batches": answers_here_that_lean,
    "judgments_of_several_people": nearly_all_by_one,
    "same_pair_once_a_person": two_people_under_one_name,
    "judgments_for_the_items": few_judgments,
    "items_are_judged": some_items_more,
    "contexts_are_connected": some_items_more,
    "answers_agree_with_gold": gold_on_the_other_side,
    "plausible_durations": hasty,
}
#: No judgment can be of one item: the database refuses the pair. The others are of features, tested with items.
NOT_PLANTED = {
    "pairs_of_two_items", "features_for_every_item", "features_finite", "features_vary", "constant_features",
    "features_differ",
}  # fmt: skip


@pytest.mark.both_databases
def test_clean_judgments_raise_nothing_and_every_test_can_tell(project):
    run = run_of(project)
    assert run.state == JobState.DONE, run.error
    assert {name: row["words"] for name, row in rows_of(run).items() if row["outcome"] != "pass"} == {}
    assert set(rows_of(run)) == {*DEFECTS, *NOT_PLANTED}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_found_and_says_what_to_do(learned, people, name):
    project = learned
    before = ModelVersion.objects.get(), Project.objects.get(pk=project.pk).epoch
    DEFECTS[name](project, people)
    bring(project, people.manager, [judged("c1i3", "c1i25", "right", "new")])  # something to learn
    run = run_of(project)
    row = rows_of(run)[name]
    assert row["outcome"] == ("fail" if row["hard"] else "warn"), (row["words"], run.error)
    assert row["value"] > row["limit"]
    assert row["advice"]
    if row["hard"]:
        assert run.state == JobState.FAILED
        assert run.error.startswith("data tests: ")
        assert (ModelVersion.objects.get(), Project.objects.get(pk=project.pk).epoch) == before
        assert Alert.objects.filter(kind="data_test_failed", resolved_at__isnull=True).exists()
    else:
        assert run.state == JobState.DONE, run.error


def test_features_that_are_no_numbers_stop_the_run(project, monkeypatch):
    take = FeatureMatrix.take
    monkeypatch.setattr(FeatureMatrix, "take", lambda *args: take(*args) * float("nan"))
    run = run_of(project)
    assert (run.state, run.error.partition(":")[0]) == (JobState.FAILED, "data tests")
    assert rows_of(run)["features_finite"]["outcome"] == "fail"
    assert not ModelVersion.objects.exists()


def test_the_database_refuses_a_pair_of_one_item(project):
    pair = Pair.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Pair.objects.filter(pk=pair.pk).update(second=pair.first)


def test_the_first_judgments_of_a_young_project_pass(people):
    project = make_pairwise_project(people.manager, slug="young")
    bring(project, people.manager, item_rows(2, ITEMS))
    assert {row["outcome"] for row in run_of(project).data_tests} == {"pass", "skipped"}
    bring(project, people.manager, [judged(f"c0i{n}", f"c0i{n + 1}", "left") for n in range(20)])
    run = run_of(project)
    assert run.state == JobState.DONE
    assert {row["outcome"] for row in run.data_tests} == {"pass", "skipped"}


def test_the_page_of_the_run_and_rest_show_every_row(project, people):
    always_left(project, people)
    run = run_of(project)
    client = Client()
    client.force_login(people.manager)
    page = client.get(f"/p/{project.slug}/runs/{run.public_id}/").content.decode()
    assert "Both sides win" in page
    assert "Swap the sides of half the rows at random" in page
    shown = client.get(f"/api/v1/runs/{run.public_id}/").json()["data_tests"]
    assert {row["name"] for row in shown} == {*DEFECTS, *NOT_PLANTED}


def test_real_judgments_raise_nothing(people):
    """The sample project with all judgments of its annotators: 9,500 on 125 arguments in four debates."""
    project = make_pairwise_project(people.manager, slug="sample-arguments", eval_share=0.1)
    for name in ("items.csv", "judgments.csv"):
        with (Path(settings.BASE_DIR) / "samples" / "arguments" / name).open("rb") as file:
            run_import(start_import(people.manager, project, file=file, file_name=name).pk)
    run = run_of(project)
    assert run.state == JobState.DONE, run.error
    trouble = {name: row["words"] for name, row in rows_of(run).items() if row["outcome"] in ("warn", "fail")}
    assert trouble == {}
    assert ModelVersion.objects.get().trained_on > 5_000
