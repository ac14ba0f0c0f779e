"""Who lies together: found on a page, with the evidence, and what the consensus is without them."""

import random
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from labeling.models import Item, Member, Reason, Task
from labeling.selectors.people import PersonKey, people_of
from labeling.selectors.people.known import gold
from labeling.selectors.task_json import task_json
from labeling.services.answers.record import record_answer
from labeling.services.projects.manage import update_project
from labeling.services.quality.quarantine import set_in_quarantine
from labeling.services.serving.next_tasks import next_tasks
from learning.families.labels.gold_aims import aim
from learning.selectors.people_alike import alike_report
from tests.factories import make_items, make_project
from tests.labeling.people.crowd import answered_by, liars_among, with_gold

pytestmark = pytest.mark.django_db

NAMES = [*(f"honest{n}" for n in range(8)), *(f"liar{n}" for n in range(4))]
LIARS = tuple(NAMES[8:])


@pytest.fixture
def crowd(project):
    said, truth = liars_among(8, 4, 90)
    _, items = answered_by(project, NAMES, said)
    return items, truth


def test_who_lies_together_is_shown_with_what_gold_has_wrong(project, crowd):
    items, truth = crowd
    with_gold(project, items, truth, [1, 4, 7, 10, 30, 60])
    (group,) = alike_report(project).groups
    assert (group.people, group.lies) == (LIARS, True)
    assert group.agreed == group.met == 6 * 90
    assert group.agreed_outside / group.met_outside < 0.75
    assert group.tens > 3
    assert {one.item for one in group.wrong_together} == {items[n].pk for n in (1, 4, 7, 10)}
    assert all(one.said != one.truth for one in group.wrong_together)
    assert sum(turn.n for turn in group.contradicts) >= 9
    assert group.moved > 0
    assert 0 < sum(turn.n for turn in group.becomes) <= group.moved


def test_without_gold_it_says_where_gold_would_tell(project, crowd):
    (group,) = alike_report(project).groups
    assert (group.people, group.lies, group.wrong_together) == (LIARS, False, ())
    told = [Item.objects.get(pk=pk).ordinal for pk in group.contradicted_items]
    assert sum(ordinal < 18 for ordinal in told) >= 0.8 * len(told) > 0


def test_gold_is_drawn_where_people_of_one_mind_would_be_wrong_together(project, crowd, people):
    """The same for all of the group, half of what they are asked; it judges the group and not the person."""
    (old, truth), new = crowd, make_items(project, [f"new {n}" for n in range(40)])
    with_gold(project, [*old, *new], np.append(truth, [0] * 40), [0, 50, *range(90, 130)])
    update_project(people.manager, project, settings={"gold_share": 0.5})
    run = SimpleNamespace(project=project, seed=1)
    log = SimpleNamespace(step=lambda name: nullcontext(SimpleNamespace(note=str)))
    aim(SimpleNamespace(run=run, log=log), None)
    aims = dict(Member.objects.values_list("user__username", "gold_aims"))
    lied, right = old[0].pk, old[50].pk
    assert aims[LIARS[0]][0] == lied  # what they had wrong tells most
    assert right not in aims[LIARS[0]]
    assert {name for name, items in aims.items() if items} == set(LIARS)
    assert len({tuple(aims[name]) for name in LIARS}) == 1
    liar = Member.objects.get(user__username=LIARS[0]).user
    before = len(gold(project)[PersonKey(liar.pk)].right)
    tasks = next_tasks(liar, project, 40, random.Random(1))
    chosen = [task for task in tasks if task.strategy == "aimed"]
    assert {task.item_id for task in chosen} <= set(aims[LIARS[0]])
    assert {(task.reason, task.propensity) for task in chosen} == {(Reason.GOLD, None)}
    at_random = [task for task in tasks if task.reason == Reason.GOLD and task not in chosen]
    assert min(len(chosen), len(at_random)) > 3
    assert len({str(sorted(task_json(task, project))) for task in (*chosen, *at_random)}) == 1
    assert "aimed" not in str([task_json(task, project) for task in chosen])
    for task in (*chosen, *at_random):
        record_answer(liar, task.pk, {"label": "spam"})
    (card,) = (card for card in people_of(project).cards if card.name == LIARS[0])
    assert card.gold.n == before + len(at_random)
    assert alike_report(project).groups[0].aimed == len(aims[LIARS[0]])
    update_project(people.manager, project, settings={"gold_share": 0})
    project.refresh_from_db()
    aim(SimpleNamespace(run=run, log=log), None)
    assert not Member.objects.filter(gold_aims__isnull=False).exists()
    assert not Task.objects.filter(strategy="aimed").exclude(annotator=liar).exists()


def test_honest_people_and_who_is_left_out_already_are_no_group(project, crowd, people):
    for name in LIARS[:3]:
        set_in_quarantine(people.manager, project, name, "lies")
    assert alike_report(project).groups == ()


def test_the_panel_and_rest_say_the_same_and_lead_to_the_quarantine(project, crowd, people, browser_of, api):
    items, truth = crowd
    with_gold(project, items, truth, [1, 4, 7, 10, 30, 60])
    page = browser_of(people.manager).get(f"/p/{project.slug}/fragments/alike/").content.decode()
    told = api(people.manager).get(f"/api/v1/projects/{project.slug}/people/alike/").json()
    assert told["groups"][0]["people"] == list(LIARS)
    assert all(f'value="{name}"' in page for name in LIARS)
    assert "wrong together" in page
    given = {"annotator": LIARS[0], "reason": "Answers too alike"}
    browser_of(people.manager).post(f"/p/{project.slug}/members/quarantine/", given)
    assert LIARS[0] not in str(alike_report(project).groups)
    assert api(people.reviewer).get(f"/api/v1/projects/{project.slug}/people/alike/").status_code == 403


@pytest.mark.parametrize("kind", ["multilabel", "pairwise"])
def test_of_other_kinds_nothing_is_said(db, kind, people, browser_of):
    project = make_project(
        slug="other", kind=kind, labels=() if kind == "pairwise" else ("a", "b"), manager=people.manager
    )
    assert alike_report(project).is_asked is False
    assert browser_of(people.manager).get("/p/other/fragments/alike/").content.strip() == b""


def test_before_there_are_answers_it_says_so(project, people, browser_of):
    page = browser_of(people.manager).get(f"/p/{project.slug}/fragments/alike/").content.decode()
    assert "There are no answers yet" in page
