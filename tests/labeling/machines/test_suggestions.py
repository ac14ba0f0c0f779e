"""What a machine suggests to annotators: where it is shown, what is recorded, and who leaves assisted answers out."""

import random
from collections import Counter

import pytest

from labeling.models import Context, KnownAnswer, Machine, MachineVersion, Pair, Progress, Split, Suggestion
from labeling.selectors.agreement import agreement
from labeling.selectors.export import Filters, bounded, export_rows
from labeling.selectors.machines import cards_of
from labeling.selectors.set_facts import set_facts
from labeling.selectors.task_json import task_json
from labeling.services.answers.record import record_answer
from labeling.services.machines.manage import add_machine, end_machine
from labeling.services.projects.manage import update_project
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.validation.errors import Invalid
from tests.factories import UserFactory, make_answer, make_items, make_project
from tests.labeling.machines.test_cards import predict

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def suggesting(people):
    """A machine says ham of 60 items of the pool, of which 5 are gold, and of 20 eval items; a fifth goes without."""
    project = make_project(slug="sms", manager=people.manager, overlap=2, eval_share=0.3, gold_share=0.1)
    project.members.create(user=people.annotator, role="annotator")
    pool = make_items(project, [f"text {n}" for n in range(60)])
    held_out = make_items(project, [f"eval {n}" for n in range(20)], split=Split.EVAL)
    for item in pool[:5]:
        KnownAnswer.objects.create(project=project, item=item, answer={"label": "spam"}, origin="import")
    _, key = add_machine(people.manager, project, name="judge", version="1")
    predict(key, [{"item": item.pk, "label": "ham"} for item in (*pool, *held_out)])
    update_project(people.manager, project, settings={"suggestions_from": "judge", "suggestions_withheld": 0.3})
    return project


def asked(project, person, rounds=2):
    """(task, its JSON) of so many rounds of fifty questions, answered spam where nothing is suggested."""
    found = []
    for number in range(rounds):
        tasks = next_tasks(person, project, 50, random.Random(number))
        again = next_tasks(person, project, 50, random.Random(number))[: len(tasks)]
        assert [task_json(one, project) for one in again] == [task_json(one, project) for one in tasks]
        for task in tasks:
            told = task_json(task, project)
            found.append((task, told))
            record_answer(person, task.pk, told.get("suggestion", {"answer": {"label": "spam"}})["answer"], 900)
    return found


def test_only_draws_of_the_pool_come_with_suggestions_and_absence_looks_the_same(suggesting, people):
    found = asked(suggesting, people.annotator)
    shown = [task for task, told in found if "suggestion" in told]
    without = {task.reason: told.keys() for task, told in found if "suggestion" not in told}
    assert {task.reason for task in shown} == {"random"}
    assert without.keys() == {"random", "eval", "gold"}
    assert without["random"] == without["eval"] == without["gold"], "the JSON tells a withheld one from no other"
    known = set(KnownAnswer.objects.values_list("item", flat=True))
    pool = [task for task, _ in found if task.reason == "random"]
    assert not known & {task.item_id for task in shown}
    recorded = Counter(Suggestion.objects.values_list("shown", flat=True))
    assert recorded[True] == len(shown)
    assert recorded[True] + recorded[False] == len([task for task in pool if task.item_id not in known])
    assert 5 <= recorded[False] <= 30

    rows = {row["item_id"]: row for row in export_rows(suggesting, "annotations", Filters())}
    for task, told in found:
        row, has = rows[task.item_id], task.reason == "random" and task.item_id not in known
        assert row["assisted"] is ("suggestion" in told)
        assert (row["suggestion"], row["suggestion_machine"], row["suggestion_version"]) == (
            ({"label": "ham"}, "judge", "1") if has else (None, None, None)
        )

    filters = bounded(suggesting, Filters())
    assert set_facts(suggesting, filters).assisted == {"judge 1": recorded[True]}
    card = cards_of(suggesting, [MachineVersion.objects.get().pk])[MachineVersion.objects.get().pk]
    measured = card.anchoring
    assert (measured.shown.count, measured.shown.n) == (recorded[True], recorded[True])
    assert (measured.withheld.count, measured.withheld.n) == (0, recorded[False])
    assert measured.difference.value == 1.0
    assert measured.difference.low > 0.5
    independent = len(found) - recorded[True] - sum(task.reason == "gold" for task, _ in found)
    assert card.agreement.count == 0, "who followed it is nobody it is held against"
    assert independent <= card.agreement.n <= len(found) - recorded[True]


def test_assisted_answers_are_in_no_agreement_and_below_five_nothing_is_said(suggesting, people):
    tasks = [task for task, told in asked(suggesting, people.annotator, rounds=1) if "suggestion" in told]
    other = UserFactory(username="ann")
    suggesting.members.create(user=other, role="annotator")
    for task in tasks[:3]:
        make_answer(task.item, other, {"label": "ham"})
    assert agreement(suggesting)["items"] == 0
    Suggestion.objects.filter(task__in=tasks[3:]).delete()
    version = MachineVersion.objects.get()
    found = cards_of(suggesting, [version.pk])[version.pk].anchoring
    assert (found.shown.count, found.shown.n, found.shown.low) == (3, 3, None)
    assert "too few" in found.shown.note
    Suggestion.objects.update(shown=False)
    assert agreement(suggesting)["items"] == 3


def test_a_pair_is_suggested_as_it_stands(people):
    project = make_project(slug="sms", kind="pairwise", labels=(), manager=people.manager, pairs="given")
    project.members.create(user=people.annotator, role="annotator")
    context = Context.objects.create(project=project, ordinal=0, text="For what?", split="pool", content_hash="c")
    items = make_items(project, [f"text {n}" for n in range(24)])
    for one, two in zip(items[::2], items[1::2], strict=True):
        Pair.objects.create(project=project, context=context, first=one, second=two, split="pool", is_given=True)
    Progress.objects.filter(project=project).update(given_pool_open=12, pairs=12)
    _, key = add_machine(people.manager, project, name="judge", version="1")
    predict(key, [{"pair": pair.pk, "label": "left"} for pair in Pair.objects.all()])
    update_project(people.manager, project, settings={"suggestions_from": "judge", "suggestions_withheld": 0.1})
    seen = {
        (task.left_id == task.pair.first_id, task.suggested["winner"])
        for task in next_tasks(people.annotator, project, 12, random.Random(1))
        if hasattr(task, "suggested")
    }
    assert seen == {(True, "left"), (False, "right")}


def test_settings_name_machines_that_are_there_and_what_is_withdrawn_is_not_shown(suggesting, people, api):
    manager = api(people.manager)
    at = "/api/v1/projects/sms/"
    for wrong, field in (
        ({"suggestions_from": "nobody"}, "suggestions_from"), ({"suggestions_version": "9"}, "suggestions_version"),
        ({"suggestions_withheld": 0.0}, "suggestions_withheld"),
    ):  # fmt: skip
        refused = manager.patch(at, {"settings": wrong})
        assert refused.status_code == 400
        assert field in str(refused.json())
    with pytest.raises(Invalid, match="call it otherwise"):
        add_machine(people.manager, suggesting, name="off", version="1")

    def shown():
        return [
            task.pk
            for task in next_tasks(people.annotator, suggesting, 20, random.Random(5))
            if hasattr(task, "suggested")
        ]

    first = shown()
    assert first
    update_project(people.manager, suggesting, labels=[{"name": "spam"}, {"name": "eggs"}])
    assert shown() == [], "nobody could give the label any more"
    update_project(people.manager, suggesting, labels=[{"name": "ham"}, {"name": "spam"}])
    assert shown() == first
    assert manager.patch(at, {"settings": {"suggestions_from": "off"}}).json()["settings"]["suggestions_from"] == "off"
    suggesting.refresh_from_db()
    assert shown() == []
    update_project(people.manager, suggesting, settings={"suggestions_from": "judge"})
    end_machine(people.manager, Machine.objects.get())
    Suggestion.objects.all().delete()
    asked(suggesting, people.annotator, rounds=1)
    assert not Suggestion.objects.exists(), "a machine that was ended suggests nothing"
