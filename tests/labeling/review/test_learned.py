"""What a reviewer decided is what a model learns and is measured by."""

import numpy as np
import pytest

from labeling.consensus.by_evidence import majority
from labeling.models import ReviewEntry, ReviewPlan, Source, Split
from labeling.selectors.consensus_by_evidence import weighed
from labeling.selectors.label_names import label_names
from labeling.services.quality.known_answers import make_gold, remove_gold
from labeling.services.quality.quarantine import set_in_quarantine
from labeling.services.review.bulk import accept_many
from labeling.services.review.decide import decide, undo
from learning.core.person_weights import NOBODY
from learning.families.labels.training_data import freeze
from learning.models import Run, SuspectedError, SuspicionState
from learning.selectors.suspected_errors import suspicions
from learning.services.runs.decide import data_watermark
from learning.services.runs.decide import decide as decide_on_run
from tests.factories import make_answer, make_items

pytestmark = pytest.mark.django_db


def frozen(project):
    return freeze(Run(project=project, **data_watermark(project)))


@pytest.fixture
def answered(project, people):
    """A pool item and an eval item, both ham."""
    items = [make_items(project, [split], split=split)[0] for split in Split.values]
    for item in items:
        make_answer(item, people.annotator, {"label": "ham"})
    return items


def test_both_splits_go_by_the_decision_and_the_item_is_nobodys(project, people, answered):
    for item in answered:
        decide(people.reviewer, project, item.pk, "change", answer={"label": "spam"})
    data = frozen(project)
    for side in (data.pool, data.evaluation):
        assert np.array_equal(side.hard, [[0.0, 1.0]])
        assert np.array_equal(side.soft, [[0.0, 1.0]])
        assert (side.annotators.tolist(), side.imported.tolist(), side.tied.tolist()) == ([NOBODY], [False], [False])


def test_a_run_learns_as_of_its_moment(project, people, answered):
    pool, _ = answered
    first = decide(people.reviewer, project, pool.pk, "change", answer={"label": "spam"})
    then = Run(project=project, **data_watermark(project))
    undo(people.reviewer, project, first.pk)
    assert np.array_equal(freeze(then).pool.hard, [[0.0, 1.0]])
    assert np.array_equal(frozen(project).pool.hard, [[1.0, 0.0]])


def test_a_decision_is_news_that_the_next_run_is_due_by(project, people, answered):
    project.retrain_every = 2
    project.save()
    run = Run.objects.create(project=project, state="done", trigger="labels", **data_watermark(project))
    pool, held = answered
    assert decide_on_run(project.pk) is None
    decide(people.reviewer, project, pool.pk, "change", answer={"label": "spam"})
    decide(people.reviewer, project, held.pk, "accept")
    due = decide_on_run(project.pk)
    assert (due.state, due.reason) == ("queued", "0 new answers, 2 changes of what counts")
    assert run.pk != due.pk


@pytest.mark.parametrize(("consensus_by", "is_due"), [("majority", False), ("evidence", True)])
def test_gold_of_the_pool_is_news_where_it_says_what_a_model_learns(project, people, answered, consensus_by, is_due):
    type(project).objects.filter(pk=project.pk).update(consensus_by=consensus_by, retrain_every=2)
    project.refresh_from_db()
    Run.objects.create(project=project, state="done", trigger="labels", **data_watermark(project))
    pool, held = answered
    make_gold(people.manager, held, {"label": "spam"})
    remove_gold(people.manager, pool)
    make_gold(people.manager, pool, {"label": "spam"})
    assert decide_on_run(project.pk) is None, "gold of the eval split weighs nothing, nor does removing none"
    remove_gold(people.manager, pool)
    due = decide_on_run(project.pk)
    assert (due is not None and due.reason == "0 new answers, 2 changes of what counts") is is_due


def test_a_decision_settles_a_doubt(project, people, answered):
    pool, _ = answered
    seen = data_watermark(project)["last_annotation_id"]
    common = {"project": project, "item": pool, "belief": 0.1, "said": ["ham"], "doubted": "spam", "answers_seen": seen}
    doubt = SuspectedError.objects.create(**common, state=SuspicionState.ASKED)
    decide(people.reviewer, project, pool.pk, "change", answer={"label": "spam"})
    found = suspicions(project)
    assert (found.waiting, found.decided, found.wrong) == (0, 1, 1)
    SuspectedError.objects.filter(pk=doubt.pk).update(state=SuspicionState.OPEN)
    assert suspicions(project).found == []  # it was looked at


def test_an_imported_label_that_a_reviewer_changed_is_no_import_any_more(project, people):
    from labeling.models import Annotation

    (item,) = make_items(project, ["came with a label"])
    Annotation.objects.create(project=project, item=item, source=Source.IMPORT, answer={"label": "ham"})
    assert frozen(project).pool.n_imported == 1
    decide(people.reviewer, project, item.pk, "change", answer={"label": "spam"})
    data = frozen(project)
    assert (data.pool.n_imported, data.pool.hard.tolist()) == (0, [[0.0, 1.0]])


def test_only_what_was_decided_blind_says_which_rule_is_right(project, people, monkeypatch):
    """What was accepted by seeing what people came to says that they are right, whoever is."""
    judged = []
    monkeypatch.setattr(
        "labeling.selectors.consensus_by_evidence.weigh",
        lambda ballots: judged.append(ballots.gold) or majority(ballots),
    )
    reviewer = people.reviewer
    blind, own, known, superseded, _seen, bulk = items = make_items(project, list("abcdef"))
    for item in items:
        make_answer(item, reviewer if item == own else people.annotator, {"label": "ham"})
    for item in items[:4]:
        ReviewEntry.objects.create(project=project, item=item, sort="blind", place=1, priority=1, why="drawn")
    ReviewPlan.objects.create(project=project, own_allowed=True)
    for item in items[:5]:
        decide(reviewer, project, item.pk, "change", answer={"label": "spam"})
    decide(people.manager, project, superseded.pk, "change", answer={"label": "ham"})
    accept_many(reviewer, project, [bulk.pk])
    make_gold(people.manager, known, {"label": "ham"})
    found, rows = weighed(project)
    numbers = [row.item_id for row in rows]
    spam = [label_names(project).name(key) for key in project.labels.all_keys()].index("spam")
    assert judged == [[(numbers.index(known.pk), 1 - spam), (numbers.index(blind.pk), spam)]]
    assert found.reason.endswith("1 from gold and 1 from reviewers who decided without seeing answers.")
    set_in_quarantine(people.manager, project, "reviewer", "Decides at random.")
    assert weighed(project)[0].reason.endswith("installed.")
