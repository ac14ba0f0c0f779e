"""Asking only about what has no answer: an imported answer of a pool item counts as all that the item needs."""

import pytest
from django.db import IntegrityError, transaction

from labeling.models import Annotation, AuditEvent, Item, OverlapChange, Pair, Progress, Split, Task
from labeling.selectors.progress import progress
from labeling.selectors.recount import differences
from labeling.services.answers.record import record_answer, skip, take_back
from labeling.services.projects.manage import update_project
from labeling.services.quality.quarantine import lift, set_in_quarantine
from labeling.services.serving import leases
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.serving.slots import SPARED, LeaseLost
from learning.families.labels.ranking import open_pool
from tests.labeling.imports.conftest import bring_in, counts  # noqa: F401 - a fixture
from tests.labeling.pairs.conftest import debates, item_rows, pair  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ROWS = [
    {"id": "labeled", "text": "one", "label": "ham", "split": "pool"},
    {"id": "bare", "text": "two", "split": "pool"},
    {"id": "held out", "text": "three", "label": "spam", "split": "eval"},
    {"id": "labeled too", "text": "four", "label": "spam", "split": "pool"},
]
JUDGED = [
    *item_rows(1, 4),
    {"left": "c0i0", "right": "c0i1", "winner": "left", "annotator": "ann"},
    {"left": "c0i2", "right": "c0i3"},
]


def ask(project, people, about: str) -> None:
    update_project(people.manager, project, settings={"ask_about": about})
    assert [str(found) for found in differences(project)] == []


def asked_about(people, project) -> set[str]:
    """Everything that is put to the annotator, to the last question."""
    return {task.item.external_id for task in next_tasks(people.annotator, project, 50)}


def of(name: str) -> Item:
    return Item.objects.get(external_id=name)


@pytest.mark.parametrize("when", ["before the import", "after it"])
def test_what_came_with_an_answer_is_done_and_nobody_is_asked(project, people, bring_in, when):  # noqa: F811
    if when == "before the import":
        ask(project, people, "unlabeled")
    assert counts(bring_in(project, ROWS)) == ("done", 4, 0, 0)
    if when == "after it":
        ask(project, people, "unlabeled")
    assert [str(found) for found in differences(project)] == []
    assert (of("labeled").annotations_required, of("labeled").is_open) == (0, False)
    assert (of("bare").annotations_required, of("bare").is_open) == (1, True)
    said = progress(project)
    assert (said["done"], said["pool"], said["eval"]["open"]) == (2, {"items": 3, "open": 1, "done": 2}, 1)
    assert asked_about(people, project) == {"bare", "held out"}
    assert {task.pool_size for task in Task.objects.filter(item__split=Split.POOL)} == {1}  # it was the only one
    assert list(open_pool(project, 4).ordinals) == []
    assert Annotation.objects.filter(project=project).count() == 3  # learned from and exported as before


def test_an_eval_item_is_asked_about_all_the_same(project, people, bring_in):  # noqa: F811
    ask(project, people, "unlabeled")
    bring_in(project, ROWS)
    assert (of("held out").is_open, of("held out").answers) == (True, 0)
    assert progress(project)["eval"] == {"items": 1, "open": 1, "done": 0}


def test_the_choice_works_in_both_directions_and_is_on_the_trail(project, people, bring_in):  # noqa: F811
    bring_in(project, ROWS)
    before = list(Item.objects.order_by("pk").values())
    ask(project, people, "unlabeled")
    ask(project, people, "all")
    assert list(Item.objects.order_by("pk").values()) == before
    assert OverlapChange.objects.filter(state="done", changed=2).count() == 2
    trail = AuditEvent.objects.filter(action="project.changed").order_by("pk").values_list("before", "after")
    assert list(trail) == [
        ({"ask_about": "all"}, {"ask_about": "unlabeled"}),
        ({"ask_about": "unlabeled"}, {"ask_about": "all"}),
    ]
    assert asked_about(people, project) == {"labeled", "bare", "held out", "labeled too"}


def test_more_people_per_item_leave_what_is_spared_alone(project, people, bring_in):  # noqa: F811
    bring_in(project, ROWS)
    update_project(people.manager, project, settings={"ask_about": "unlabeled", "overlap": 3})
    assert (of("labeled").annotations_required, of("bare").annotations_required) == (0, 3)
    ask(project, people, "all")
    assert (of("labeled").annotations_required, of("bare").annotations_required) == (3, 3)


@pytest.mark.parametrize("about", ["all", "unlabeled"])
def test_a_label_that_a_duplicate_brings_spares_its_item(project, people, bring_in, about):  # noqa: F811
    bring_in(project, ROWS)
    ask(project, people, about)
    bring_in(project, [{"text": "two", "label": "ham"}])
    assert of("bare").is_open == (about == "all")
    assert [str(found) for found in differences(project)] == []


def test_an_answer_of_a_person_stays_and_counts(project, people, bring_in):  # noqa: F811
    bring_in(project, ROWS[:1])
    (task,) = next_tasks(people.annotator, project, 1)
    record_answer(people.annotator, task.pk, {"label": "spam"})
    ask(project, people, "unlabeled")
    assert (of("labeled").annotations_required, of("labeled").answers) == (1, 1)
    take_back(people.annotator, task.pk)
    record_answer(people.annotator, task.pk, {"label": "ham"})
    assert [str(found) for found in differences(project)] == []
    assert progress(project)["done"] == 1


@pytest.mark.parametrize("way", ["skipped", "expired"])
def test_what_somebody_held_when_the_choice_was_made_goes_once_it_is_given_back(
    project, people, bring_in, way  # noqa: F811
):  # fmt: skip
    bring_in(project, ROWS[:1])
    (task,) = next_tasks(people.annotator, project, 1)
    ask(project, people, "unlabeled")
    assert of("labeled").annotations_required == 1  # the question stays with who has it
    if way == "skipped":
        skip(people.annotator, task.pk, "unclear")
    else:
        Task.objects.update(lease_expires_at="2020-01-01T00:00:00Z")
        assert leases.expire_overdue() == 1
    assert (of("labeled").annotations_required, of("labeled").is_open) == (0, False)
    assert [str(found) for found in differences(project)] == []
    assert next_tasks(people.reviewer, project, 1) == []
    with pytest.raises(LeaseLost, match=SPARED):
        take_back(people.annotator, task.pk)


def test_pairs_that_were_judged_elsewhere_are_done(debates, people, bring_in):  # noqa: F811
    update_project(people.manager, debates, settings={"pairs": "given"})
    bring_in(debates, JUDGED)
    ask(debates, people, "unlabeled")
    assert (pair("c0i0", "c0i1").annotations_required, pair("c0i2", "c0i3").annotations_required) == (0, 1)
    assert Progress.objects.values_list("given_pool_open", "pool_done").get() == (1, 1)
    assert {task.pair for task in next_tasks(people.annotator, debates, 9)} == {pair("c0i2", "c0i3")}
    bring_in(debates, [{"left": "c0i1", "right": "c0i3", "winner": "tie"}])
    assert not pair("c0i1", "c0i3").is_open
    ask(debates, people, "all")
    assert {found.annotations_required for found in Pair.objects.all()} == {1}


def test_any_pairs_leave_out_what_was_judged_elsewhere(debates, people, bring_in):  # noqa: F811
    ask(debates, people, "unlabeled")
    bring_in(debates, JUDGED)
    asked = {task.pair for task in next_tasks(people.annotator, debates, 20)}
    assert len(asked) == 5  # of the six there are
    assert pair("c0i0", "c0i1") not in asked
    assert [str(found) for found in differences(debates)] == []


@pytest.mark.django_db(transaction=True)
def test_judgments_in_quarantine_spare_nobody_until_they_count_again(debates, people, bring_in):  # noqa: F811
    ask(debates, people, "unlabeled")
    bring_in(debates, JUDGED)
    quarantine = set_in_quarantine(people.manager, debates, "ann", "clicks at random")
    assert pair("c0i0", "c0i1").is_open
    assert [str(found) for found in differences(debates)] == []
    lift(people.manager, quarantine, "was somebody else")
    assert not pair("c0i0", "c0i1").is_open


def test_no_other_item_may_need_nobody(project, bring_in):  # noqa: F811
    bring_in(project, ROWS[:1])
    with pytest.raises(IntegrityError, match="item_spares_no_answer"), transaction.atomic():
        Item.objects.update(annotations_required=0, is_open=False, extra_slots=1)


def test_rest_says_and_changes_what_is_asked_about(project, people, api, bring_in):  # noqa: F811
    bring_in(project, ROWS)
    client = api(people.manager)
    assert client.get("/api/v1/projects/sms/").json()["settings"]["ask_about"] == "all"
    changed = client.patch("/api/v1/projects/sms/", {"settings": {"ask_about": "unlabeled"}})
    assert changed.json()["settings"]["ask_about"] == "unlabeled"
    assert client.get("/api/v1/projects/sms/metrics/").json()["progress"]["done"] == 2
    refused = client.patch("/api/v1/projects/sms/", {"settings": {"ask_about": "some"}})
    assert (refused.status_code, list(refused.json()["settings"])) == (400, ["ask_about"])
    assert api(people.annotator).patch("/api/v1/projects/sms/", {"settings": {"ask_about": "all"}}).status_code == 403
    assert api(people.stranger).patch("/api/v1/projects/sms/", {"settings": {"ask_about": "all"}}).status_code == 404
