"""The queue puts known items to one person more: never to whoever had them, once a ranking, up to a cap."""

import pytest
from django.db.models import F
from django.utils import timezone

from labeling.models import AskedAgain, Item, KnownAnswer, Member, Progress, Role, Split, Task
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.recount import differences
from labeling.services.answers.record import record_answer, skip, take_back
from labeling.services.items.doubted import ask_somebody_else
from labeling.services.items.status import set_aside
from labeling.services.projects.manage import update_project
from labeling.services.queue.publish import publish, reserve_epoch
from labeling.services.serving.leases import expire_overdue
from labeling.services.serving.next_tasks import next_tasks
from labeling.services.serving.required import to_change
from labeling.services.serving.sources import ITEMS
from labeling.services.serving.sources.opinions import MOST_OPINIONS
from learning.families.labels.ranking import open_pool
from learning.families.labels.second_opinions import known_items
from tests.factories import UserFactory, make_answer, make_items

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


class Coin:
    """Says always the same: 0 is a second opinion, if there may be any, and never a question of the eval split's."""

    def random(self) -> float:
        return 0.0

    def shuffle(self, x: list) -> None:
        pass


@pytest.fixture
def project(project, people):
    update_project(
        people.manager, project, settings={"second_opinions": "auto", "random_share": 0.0, "eval_share": 0.0}
    )
    project.refresh_from_db()
    return project


@pytest.fixture
def second(project):
    person = UserFactory()
    Member.objects.create(project=project, user=person, role=Role.ANNOTATOR)
    return person


@pytest.fixture
def known(project, people):
    """Three items that the annotator has answered."""
    items = make_items(project, [f"known {n}" for n in range(3)])
    for item in items:
        make_answer(item, people.annotator, {"label": "ham"})
    return items


def queue(project, items, fresh=(), share=0.5) -> int:
    epoch = reserve_epoch(project.pk)
    taken = [Item.objects.get(pk=item.pk).slots_taken for item in items]
    entries = [(item.pk, 0.4, 0.1) for item in items] + [(item.pk, 0.9, 0.5) for item in fresh]
    assert publish(
        project.pk, epoch, entries, "margin", 7, len(fresh), [*taken, *[0] * len(fresh)],
        opinions=len(items), asks_again=share,
    )  # fmt: skip
    project.refresh_from_db()
    return epoch


def agrees(project) -> bool:
    """Whether all that is counted is counted rightly, and every item has the slots it should have."""
    assert [str(found) for found in differences(project)] == []
    assert not to_change(ITEMS, Item.objects.filter(project=project), project).exists()
    return True


def test_a_known_item_is_put_to_somebody_else_and_stays_done(project, people, second, known):
    epoch = queue(project, known[:1])
    before = Progress.objects.get(project=project)
    assert next_tasks(people.annotator, project, 5, Coin()) == []
    (task,) = next_tasks(second, project, 5, Coin())
    assert (task.item_id, task.reason, task.propensity, task.pool_size, task.draw, task.epoch, task.model_version) == (
        known[0].pk, "second_opinion", 0.1, None, None, epoch, 7,
    )  # fmt: skip
    assert agrees(project)
    assert next_tasks(people.reviewer, project, 5, Coin()) == [], "one more, not two"
    record_answer(second, task.pk, {"label": "spam"})
    assert agrees(project)
    assert next_tasks(people.reviewer, project, 5, Coin()) == [], "the ranking does not know what it came to"
    after = Progress.objects.get(project=project)
    assert (after.pool_done, after.pool_open) == (before.pool_done, before.pool_open) == (3, 0)
    row = next(row for row in export_rows(project, "annotations", Filters()) if row["reason"] == "second_opinion")
    assert (row["weight_lure"], row["weight_missing"]) == (None, "asked again")


def test_weights_of_the_draws_are_as_they_were_without_second_opinions(project, people, second, known):
    before = [row["weight_lure"] for row in export_rows(project, "annotations", Filters())]
    assert None not in before
    queue(project, known)
    for task in next_tasks(second, project, 3, Coin()):
        record_answer(second, task.pk, {"label": "spam"})
    rows = export_rows(project, "annotations", Filters())
    assert [row["weight_lure"] for row in rows if row["reason"] != "second_opinion"] == before


@pytest.mark.parametrize("overlaps", [(2, 1), (3, 2, 1), (1,)])
def test_it_has_its_slots_whatever_the_overlap_becomes(project, people, second, known, overlaps):
    queue(project, known[:1])
    (task,) = next_tasks(second, project, 1, Coin())
    for overlap in overlaps:
        update_project(people.manager, project, settings={"overlap": overlap})
        project.refresh_from_db()
        first, other, _ = Item.objects.filter(project=project).order_by("ordinal")
        assert (first.annotations_required, other.annotations_required) == (max(2, overlap), overlap)
        assert agrees(project)
    record_answer(second, task.pk, {"label": "spam"})
    assert agrees(project)
    assert Progress.objects.get(project=project).pool_done == 3


@pytest.mark.parametrize("ends", ["skipped", "expired"])
def test_a_slot_that_nobody_used_is_weighed_with_the_others_by_the_next_ranking(project, people, second, known, ends):
    queue(project, known[:1])
    (task,) = next_tasks(second, project, 1, Coin())
    if ends == "skipped":
        skip(second, task.pk, "unclear")
    else:
        Task.objects.filter(pk=task.pk).update(lease_expires_at=timezone.now() - timezone.timedelta(hours=1))
        assert expire_overdue() == 1
    assert agrees(project)
    assert Item.objects.get(pk=known[0].pk).is_open
    assert open_pool(project, 10).item_ids.size == 0, "it stands before nobody else"
    assert known_items(project, 10)[:, 1].tolist() == [item.pk for item in known]
    queue(project, known[:1])
    (again,) = next_tasks(people.reviewer, project, 2, Coin())
    assert (again.item_id, again.reason) == (known[0].pk, "second_opinion")
    record_answer(people.reviewer, again.pk, {"label": "ham"})
    assert agrees(project)
    assert Item.objects.get(pk=known[0].pk).slots_taken == 2


def test_an_expired_one_can_still_be_answered_and_taken_back(project, second, known):
    queue(project, known[:1])
    (task,) = next_tasks(second, project, 1, Coin())
    Task.objects.filter(pk=task.pk).update(lease_expires_at=timezone.now() - timezone.timedelta(hours=1))
    expire_overdue()
    record_answer(second, task.pk, {"label": "spam"})
    take_back(second, task.pk)
    assert agrees(project)


def test_switched_off_nothing_is_asked_again_and_what_was_left_open_is_closed(project, people, second, known):
    queue(project, known)
    (task,) = next_tasks(second, project, 1, Coin())
    skip(second, task.pk, "unclear")
    update_project(people.manager, project, settings={"second_opinions": "off"})
    project.refresh_from_db()
    assert agrees(project)
    assert next_tasks(people.reviewer, project, 5, Coin()) == []
    assert Progress.objects.get(project=project).pool_open == 0


def test_nothing_goes_beyond_the_cap(project, people, second, known):
    update_project(people.manager, project, settings={"most_answers": 2})
    project.refresh_from_db()
    queue(project, known)
    for task in next_tasks(second, project, 3, Coin()):
        record_answer(second, task.pk, {"label": "ham"})
    assert known_items(project, 10).size == 0
    queue(project, known)
    assert next_tasks(people.reviewer, project, 5, Coin()) == []
    assert set(Item.objects.values_list("slots_taken", flat=True)) == {2}


def test_what_is_set_aside_doubted_known_to_be_true_or_of_the_eval_split_is_left_out(project, people, second, known):
    (held_out,) = make_items(project, ["held out"], split=Split.EVAL)
    make_answer(held_out, people.annotator, {"label": "ham"})
    assert known_items(project, 10)[:, 1].tolist() == [item.pk for item in known]
    set_aside(people.reviewer, known[0])
    ask_somebody_else(people.reviewer, project, [known[1].pk])
    assert known_items(project, 10)[:, 1].tolist() == [known[2].pk]
    KnownAnswer.objects.create(project=project, item=known[2], answer={"label": "ham"}, origin="hand")
    assert known_items(project, 10).size == 0
    queue(project, known)
    assert {task.item_id for task in next_tasks(second, project, 1, Coin())} <= {item.pk for item in known[1:]}
    with pytest.raises(ValueError, match="not in the pool"):
        queue(project, [held_out])


def test_with_nobody_left_to_be_asked_nothing_is_known(project, people, known):
    Member.objects.filter(project=project).exclude(user=people.annotator).delete()
    assert known_items(project, 10).size == 0


def test_a_person_can_doubt_what_the_queue_had_asked_about(project, people, second, known):
    queue(project, known[:1])
    (task,) = next_tasks(second, project, 1, Coin())
    record_answer(second, task.pk, {"label": "ham"})
    assert ask_somebody_else(people.reviewer, project, [known[0].pk]) == [known[0].pk]
    assert agrees(project)
    assert (AskedAgain.objects.get().opinions, AskedAgain.objects.get().asked_at is None) == (2, False)
    assert open_pool(project, 10).again.tolist() == [True]


def test_new_items_are_asked_about_in_their_turn_beside_them(project, people, second, known):
    fresh = make_items(project, ["new 1", "new 2"])
    queue(project, known, fresh, share=0.0)
    assert {task.item_id for task in next_tasks(second, project, 2)} == {item.pk for item in fresh}
    queue(project, known, share=0.5)
    found = {task.reason for task in next_tasks(people.reviewer, project, 5, Coin())}
    assert found == {"second_opinion"}
    assert not Item.objects.filter(slots_taken__gt=F("annotations_required")).exists()


def test_a_ranking_names_so_many_at_most(project, known):
    with pytest.raises(ValueError, match="second opinions"):
        publish(project.pk, reserve_epoch(project.pk), [], "margin", 1, 0, opinions=MOST_OPINIONS + 1)


def test_it_is_a_setting_of_its_kinds_and_of_who_may_change_them(api, people, project):
    address = f"/api/v1/projects/{project.slug}/"
    changed = api(people.manager).patch(address, {"settings": {"second_opinions": "off", "second_share": 0.1}})
    assert {name: changed.json()["settings"][name] for name in ("second_opinions", "second_share", "most_answers")} == {
        "second_opinions": "off", "second_share": 0.1, "most_answers": 3,
    }  # fmt: skip
    for wrong in ({"second_opinions": "on"}, {"second_share": 0.6}, {"most_answers": 1}):
        refused = api(people.manager).patch(address, {"settings": wrong})
        assert (refused.status_code, list(refused.json()["settings"])) == (400, list(wrong))
    assert api(people.annotator).patch(address, {"settings": {"second_opinions": "auto"}}).status_code == 403
    assert api(people.stranger).patch(address, {"settings": {"second_opinions": "auto"}}).status_code == 404


def test_the_form_offers_it_only_where_an_answer_can_be_weighed(client, people, project):
    client.force_login(people.manager)
    assert b'name="second_opinions"' in client.get(f"/p/{project.slug}/settings/").content
    type(project).objects.update(kind="rating")
    assert b'name="second_opinions"' not in client.get(f"/p/{project.slug}/settings/").content
