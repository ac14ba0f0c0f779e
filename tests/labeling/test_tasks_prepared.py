"""A prepared statement gives what its queryset gives, and refuses what it could not keep a place for."""

from unittest import mock

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.db.models.signals import post_init
from django.utils import timezone

from labeling.db.prepared import Prepared, PreparedInsert, PreparedRows, PreparedUpdate
from labeling.models import Annotation, Item, Member, Project, Reason, Task
from tests.factories import make_items

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_rows_relations_and_types_are_those_of_the_queryset(project, people):
    (made,) = make_items(project, ["hello"], data={"n": 1})

    def build(pk, slug):
        return Item.objects.filter(pk=pk, project__slug=slug).select_related("project", "batch")

    (item,) = Prepared(build)(made.pk, "sms")
    expected = build(made.pk, "sms").get()
    assert item == expected
    assert (item.data, item.is_open, item.created_at) == ({"n": 1}, True, expected.created_at)
    assert item.project.name == "SMS"
    assert item.batch is None
    assert item._state.adding is False


def test_it_is_compiled_once_for_each_shape(project, people, django_assert_num_queries):
    built = []

    @Prepared
    def first(*pks, limit):
        built.append((len(pks), limit))
        return Member.objects.filter(pk__in=pks).order_by("pk")[:limit]

    pks = list(Member.objects.order_by("pk").values_list("pk", flat=True))
    with django_assert_num_queries(4):
        assert [member.pk for member in first(*pks[:3], limit=2)] == pks[:2]
        assert [member.pk for member in first(*pks[1:4], limit=2)] == pks[1:3]
        assert [member.pk for member in first(*pks[:3], limit=1)] == pks[:1]
        assert [member.pk for member in first(*pks[:2], limit=2)] == pks[:2]
    assert built == [(3, 2), (3, 1), (2, 2)]


def test_the_same_values_under_swapped_names_are_another_statement(project):
    make_items(project, ["a", "b", "c"])

    @Prepared
    def window(pk, *, start, stop):
        return Item.objects.filter(project=pk).order_by("ordinal")[start:stop]

    assert [item.text for item in window(project.pk, start=0, stop=1)] == ["a"]
    assert [item.text for item in window(project.pk, stop=2, start=1)] == ["b"]
    assert [item.text for item in window(project.pk, stop=1, start=0)] == ["a"]
    assert [item.text for item in window(project.pk, start=2, stop=3)] == ["c"]

    @PreparedUpdate
    def move(pk, *, taken, total):
        return Item.objects.filter(project=pk), {"slots_taken": taken, "annotations_required": total}

    for taken, total in ((1, 2), (0, 1)):
        assert move(project.pk, taken=taken, total=total) == 3
    assert move(project.pk, total=2, taken=1) == 3
    assert set(Item.objects.values_list("slots_taken", "annotations_required")) == {(1, 2)}


def test_deferred_columns_stay_deferred(project):
    (found,) = Prepared(lambda pk: Project.objects.filter(pk=pk).only("slug"))(project.pk)
    assert found.slug == "sms"
    assert "name" in found.get_deferred_fields()
    assert found.name == "SMS"


def test_an_update_counts_its_rows(project):
    make_items(project, ["a", "b"])
    move = PreparedUpdate(
        lambda project, value: (Item.objects.filter(project=project), {"annotations_required": value})
    )
    assert move(project.pk, 3) == 2
    assert move(project.pk + 1, 4) == 0
    assert set(Item.objects.values_list("annotations_required", flat=True)) == {3}


def test_rows_come_without_models_in_the_order_of_their_columns(project, django_assert_num_queries):
    made = make_items(project, ["a", "b", "c"])
    built = []

    @PreparedRows
    def after(ordinal, *pks, limit):
        built.append((len(pks), limit))
        rows = Item.objects.filter(ordinal__gte=ordinal, pk__in=pks).order_by("-ordinal")
        return rows.values_list("text", F("annotations_required") + F("ordinal"), "pk")[:limit]

    pks = [item.pk for item in made]
    with django_assert_num_queries(2):
        assert after(1, *pks, limit=2) == [("c", 3, pks[2]), ("b", 2, pks[1])]
        assert after(0, pks[0], pks[2], pks[2], limit=2) == [("c", 3, pks[2]), ("a", 1, pks[0])]
    assert built == [(3, 2)]


def test_a_value_that_would_be_changed_on_its_way_is_refused(project):
    with pytest.raises(ValueError, match="as it is"):
        Prepared(lambda slug: Project.objects.filter(slug__contains=slug))("sm")


@pytest.mark.parametrize("count", [1, 3])
def test_inserted_rows_are_those_of_bulk_create(project, people, django_assert_num_queries, count):
    items = make_items(project, ["a", "b", "c"])[:count]
    end = timezone.now()

    def tasks(annotator):
        why = {"reason": Reason.RANDOM, "propensity": 0.25, "lease_expires_at": end, "created_at": end}
        return [Task(project=project, item=item, annotator=annotator, **why) for item in items]

    def stored(made):
        rows = Task.objects.filter(pk__in=[task.pk for task in made]).order_by("pk").values()
        return [{name: value for name, value in row.items() if name not in ("id", "annotator_id")} for row in rows]

    insert = PreparedInsert(Task)
    with django_assert_num_queries(2):
        insert(tasks(people.viewer))
        ours = insert(tasks(people.annotator))
    theirs = Task.objects.bulk_create(tasks(people.manager))
    assert [task._state.adding for task in ours] == [False] * count
    assert stored(ours) == stored(theirs)
    assert [row["item_id"] for row in stored(ours)] == [item.pk for item in items]


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert PreparedInsert(Task)([]) == []


def test_an_inserted_answer_keeps_its_json_and_a_missing_one_stays_missing(project, people):
    (item,) = make_items(project, ["a"])
    task = Task.objects.create(
        project=project, item=item, annotator=people.annotator, lease_expires_at=timezone.now(), reason=Reason.RANDOM
    )
    about = {"project": project, "item": item, "task": task, "annotator": people.annotator}
    answers = [{"label": "50 % \u2028 'ham'"}, None]
    rows = [Annotation(answer=answer, revision=n, is_current=n == 2, **about) for n, answer in enumerate(answers, 1)]
    PreparedInsert(Annotation)(rows)
    assert [Annotation.objects.get(pk=row.pk).answer for row in rows] == answers
    assert Annotation.objects.filter(answer__isnull=True).count() == 1


def test_a_model_of_which_the_database_computes_more_than_the_key_is_refused():
    ordinal = Item._meta.get_field("ordinal")
    with mock.patch.object(ordinal, "db_default", Now()), pytest.raises(ValueError, match="computes ordinal"):
        PreparedInsert(Item)([Item()])


def contents(made):
    """What an instance holds, the related ones opened."""
    own = {name: value for name, value in made.__dict__.items() if name != "_state"}
    related = {
        name: contents(other) if other is not None and name in ("project", "item", "asset", "batch") else other
        for name, other in made._state.fields_cache.items()
    }
    return own, related, made._state.adding, made._state.db


@pytest.mark.parametrize("deferred", [(), ("id", "item__text", "item__project__name", "state")])
def test_an_instance_holds_what_djangos_holds(project, people, deferred):
    (item,) = make_items(project, ["a"], data={"n": [1, None]})
    Task.objects.create(
        project=project, item=item, annotator=people.viewer, reason="random", lease_expires_at=timezone.now()
    )

    def build(pk):
        tasks = Task.objects.filter(project=pk).select_related("item__project", "item__asset", "pair")
        return tasks.only(*deferred, "item__asset", "pair") if deferred else tasks

    (ours,), (theirs,) = Prepared(build)(project.pk), build(project.pk)
    assert contents(ours) == contents(theirs)
    assert ours.get_deferred_fields() == theirs.get_deferred_fields()
    ours.state = "expired"
    ours.save()
    assert Task.objects.get().state == "expired"


def test_a_listener_of_new_instances_still_hears_of_them(project):
    heard = []

    def listener(instance, **_):
        heard.append(instance.slug)

    post_init.connect(listener, sender=Project)
    try:
        Prepared(lambda pk: Project.objects.filter(pk=pk))(project.pk)
    finally:
        post_init.disconnect(listener, sender=Project)
    assert heard == ["sms"]
