"""Answers of people in quarantine and of items set aside: what a run learns from, and when the next one is due."""

import numpy as np
import pytest

from labeling.consensus import LeftOut
from labeling.models import Item, Progress, Project, Quarantine, Split
from labeling.selectors.export import Filters
from labeling.services.items.status import restore, set_aside
from labeling.services.quality.quarantine import lift, set_in_quarantine
from learning.families.labels import training_data
from learning.families.pairwise import freeze
from learning.families.pairwise.export_rows import preferences
from learning.models import ModelVersion, NextDecision, Run, TrainedWithout, Trigger
from learning.selectors.next_run import next_run
from learning.selectors.trained_without import words_of
from learning.services.pipeline.repeat import repeat
from learning.services.pipeline.run import run_training
from learning.services.pipeline.without import run_without
from learning.services.runs.decide import ask_once, data_watermark, decide
from learning.services.runs.sweep import due_projects, sweep_runs
from tests.factories import make_answer
from tests.learning.pairwise.people import bring, item_rows, judged, make_pairwise_project
from tests.learning.people import answer_some, make_text_project

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def project(people, built_once):
    """30 answers by each of two people, a run over them all."""
    built_once(lambda: train(people))
    return Project.objects.get()


def train(people) -> None:
    project = make_text_project(people.manager, n_pool=80, n_eval=20, retrain_every=20)
    for person in (people.annotator, people.reviewer):
        project.members.create(user=person, role="reviewer")
        answer_some(project, person, 25)
        answer_some(project, person, 5, Split.EVAL)
    run_training(decide(project.pk).pk)


def frozen(project):
    return training_data.freeze(Run(project=project, **data_watermark(project)))


def test_a_run_leaves_their_answers_out_on_both_sides_and_says_how_many(project, people):
    assert (len(frozen(project).pool), len(frozen(project).evaluation)) == (50, 10)
    row = set_in_quarantine(people.manager, project, "annotator", "A coin.")
    data = frozen(project)
    assert (len(data.pool), len(data.evaluation), data.n_left_out) == (25, 5, 30)
    run = decide(project.pk)
    assert (run.trigger, run.reason) == (Trigger.LABELS, "0 new answers, 30 changes of what counts")
    run_training(run.pk)
    run.refresh_from_db()
    assert run.steps[0]["note"] == (
        "25 items to learn from, 5 to measure by; 30 answers of people in quarantine left out"
    )
    assert ModelVersion.objects.get(run=run).trained_on == 25
    lift(people.manager, row, "We talked.")
    assert len(frozen(project).pool) == 50


def test_an_old_run_is_made_again_with_the_answers_it_had(project, people):
    run = Run.objects.get(project=project)
    set_in_quarantine(people.manager, project, "annotator", "A coin.")
    again = repeat(run)
    assert (again.data_changed, again.is_same) == (False, True)


def test_the_other_answer_of_an_item_still_counts(people):
    project = make_text_project(people.manager, n_pool=1, n_eval=0, overlap=2)
    item = project.items.get()
    make_answer(item, people.annotator, {"label": "spam"})
    make_answer(item, people.reviewer, {"label": "ham"})
    set_in_quarantine(people.manager, project, "annotator", "A coin.")
    np.testing.assert_array_equal(frozen(project).pool.hard, [[1, 0]])


def test_few_changes_wait_for_answers_to_make_a_run_due(project, people):
    answered = list(Item.objects.filter(project=project, answers=1, split=Split.POOL)[:20])
    for item in answered[:12]:
        set_aside(people.reviewer, item)
    assert decide(project.pk) is None
    assert next_run(project).words == "8 answers until the next run."
    assert due_projects() == []
    assert not ask_once(project.pk)
    answer_some(project, people.annotator, 8)
    assert due_projects() == [project.pk]
    assert ask_once(project.pk)
    assert decide(project.pk).reason == "8 new answers, 12 changes of what counts"


def test_changes_alone_make_a_run_due_when_there_are_many(project, people):
    for item in list(Item.objects.filter(project=project, answers=1, split=Split.POOL)[:20]):
        set_aside(people.reviewer, item)
    assert due_projects() == [project.pk]
    run = decide(project.pk)
    run_training(run.pk)
    assert due_projects() == []
    assert NextDecision.objects.get(project=project).seen_annotations == 80
    assert ModelVersion.objects.get(run=run).trained_on == 30


def test_a_manager_may_ask_for_a_run_after_one_change(project, people):
    assert decide(project.pk, Trigger.MANUAL, people.manager).reason == "nothing is new since the last run"
    item = Item.objects.filter(project=project, answers=1, split=Split.POOL).first()
    set_aside(people.reviewer, item)
    run = decide(project.pk, Trigger.MANUAL, people.manager)
    assert (run.state, run.reason) == ("queued", "0 new answers, 1 change of what counts")
    restore(people.reviewer, item)
    assert Progress.objects.get(project=project).changes == 2


def test_judgments_of_a_name_known_by_imports_are_left_out(people):
    project = make_pairwise_project(people.manager)
    bring(project, people.manager, item_rows(contexts=1, items=4))
    bring(
        project, people.manager,
        [judged("c0i3", "c0i0", "left"), judged("c0i3", "c0i1", "left"), judged("c0i3", "c0i0", "right", "bob")],
    )  # fmt: skip
    now = Run(project=project, **data_watermark(project))
    assert (len(freeze.freeze(now).judged), len(list(preferences(project, Filters())))) == (3, 1)
    set_in_quarantine(people.manager, project, "bob", "The opposite of everybody.")
    data = freeze.freeze(Run(project=project, **data_watermark(project)))
    assert (len(data.judged), data.people, data.n_left_out) == (2, ("ann",), 1)
    assert len(freeze.freeze(now).judged) == 3  # as it was then
    assert len(list(preferences(project, Filters()))) == 2
    assert Quarantine.objects.get().annotator is None


def test_setting_an_item_of_pairs_aside_is_a_change_by_its_judgments(people):
    project = make_pairwise_project(people.manager)
    bring(project, people.manager, item_rows(contexts=1, items=4))
    rows = [judged("c0i3", "c0i0", "left"), judged("c0i3", "c0i1", "left"), judged("c0i1", "c0i2", "left")]
    bring(project, people.manager, rows)
    set_aside(people.manager, Item.objects.get(project=project, external_id="c0i3"))
    assert Progress.objects.get(project=project).changes == 2


def test_what_a_model_would_be_without_somebody_is_measured_and_never_in_use(project, people, api, browser_of):
    before = ModelVersion.objects.values_list("number", "status").get(project=project)
    epoch = type(project).objects.get(pk=project.pk).epoch
    address, client = f"/api/v1/projects/{project.slug}/people/without/", api(people.manager)
    for given, field in (({"people": []}, "people"), ({"people": ["nobody"]}, "people"), ({"who": "x"}, "who")):
        refused = client.post(address, given, format="json")
        assert (refused.status_code, field in refused.json()) == (400, True)
    asked = client.post(address, {"people": ["annotator"]}, format="json")
    assert (asked.status_code, asked.json()["state"], asked.json()["result"]) == (202, "queued", None)
    assert client.post(address, {"people": ["reviewer"]}, format="json").json() == {
        "project": ["A model is trained without people already: wait for its end."]
    }
    assert sweep_runs() == {"runs": 0}, "its message is on the way"
    asked = TrainedWithout.objects.get()
    assert run_without(asked.pk)["state"] == run_without(asked.pk)["state"] == "done"
    (told,) = client.get(address).json()["results"]
    found = told["result"]
    assert (found["model"], found["left_out"], found["learned"], found["learned_without"]) == (1, 30, 50, 25)
    assert (found["n_eval"], found["eval_changed"], found["metric"]) == (5, 5, "accuracy")
    assert found["without"]["n"] == found["with_them"]["n"] == found["difference"]["n"] == 5
    gain = found["without"]["value"] - found["with_them"]["value"]
    assert found["difference"]["difference"] == pytest.approx(gain)
    assert "Without their 30 answers model 1 has accuracy" in words_of(TrainedWithout.objects.get())
    # nothing came of it
    assert ModelVersion.objects.values_list("number", "status").get(project=project) == before
    assert type(project).objects.get(pk=project.pk).epoch == epoch
    # and it is what a quarantine would leave
    out = LeftOut(frozenset({people.annotator.pk}))
    mark = data_watermark(project)
    rest = training_data.freeze(Run(project=project, **mark), without=out)
    set_in_quarantine(people.manager, project, "annotator", "A coin.")
    assert frozen(project).sha256 == rest.sha256
    page = browser_of(people.manager).post(f"/p/{project.slug}/members/without/", {"people": ["reviewer"]})
    assert (page.status_code, TrainedWithout.objects.count()) == (302, 2)
    assert api(people.reviewer).post(address, {"people": ["annotator"]}, format="json").status_code == 403
