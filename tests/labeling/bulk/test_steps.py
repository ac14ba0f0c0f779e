"""Steps about many items: each is what single steps would be, and its undo leaves everything as it was."""

import pytest
from django.core.exceptions import PermissionDenied

from labeling.models import (
    Annotation,
    AskedAgain,
    AuditEvent,
    BulkDo,
    BulkItem,
    BulkStep,
    Item,
    KnownAnswer,
    Member,
    Progress,
    ReviewDecision,
    ReviewEntry,
    Role,
    Split,
    Task,
    User,
)
from labeling.selectors.bulk_steps import told_steps
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.item_view import ItemView
from labeling.selectors.recount import differences
from labeling.selectors.reviewing import unsuspected_errors
from labeling.services.bulk import AsksFirst, Selection, begin, run_bulk_step, undo
from labeling.services.bulk.steps import STEPS, Carried
from labeling.services.items.status import restore, set_aside
from labeling.services.quality.known_answers import make_gold
from labeling.services.review.decide import decide
from labeling.services.review.queue import fill
from labeling.services.validation.errors import Invalid
from tests.factories import UserFactory, make_answers, make_items

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
HAM, SPAM = {"label": "ham"}, {"label": "spam"}
#: Counts of events, which only ever grow.
EVENTS = {"changes", "reopened"}


def made(project, people, n=10, held_out=8):
    """Items of the pool, the first half of them answered and the last one set aside, and those that are held out."""
    Member.objects.create(project=project, user=UserFactory(username="second"), role=Role.ANNOTATOR)
    pool = make_items(project, [f"text {number}" for number in range(n)])
    held = make_items(project, [f"held out {number}" for number in range(held_out)], split=Split.EVAL)
    said = [*pool[: n // 2], *held[: held_out // 2]]
    make_answers([(item, people.annotator, HAM if number % 3 else SPAM) for number, item in enumerate(said)])
    set_aside(people.manager, pool[-1])
    return [*pool, *held]


@pytest.fixture
def items(project, people):
    return made(project, people)


def state(project):
    """Everything that reads items would tell, but for how often something happened."""
    rows = {
        model: sorted(map(str, model.objects.filter(project=project).values_list(*fields)))
        for model, fields in (
            (Item, ("pk", "status", "annotations_required", "slots_taken", "answers", "is_open", "set_aside_because")),
            (AskedAgain, ("item", "times", "opinions", "asked_at", "asked_by")),
            (KnownAnswer, ("item", "answer", "origin", "made_by", "made_at", "draw_key")),
            (Task, ("pk", "state", "annotator")),
        )
    }
    fill(project)
    rows[ReviewEntry] = sorted(ReviewEntry.objects.filter(project=project).values_list("item", "sort"))
    current = Annotation.objects.current().filter(project=project)
    rows[Annotation] = sorted(map(str, current.values_list("item", "source", "annotator", "answer")))
    counts = Progress.objects.filter(project=project).values().get()
    rows[Progress] = {name: n for name, n in counts.items() if name not in EVENTS}
    # what a reviewer had decided is said again by the undo
    rows["export"] = [row | {"reviewed_at": None} for row in export_rows(project, "items", Filters())]
    return rows


def ticked(items):
    return Selection(tuple(item.pk for item in items))


def played(project, people, items, steps):
    """Takes each step and its undo, and looks whether everything is as it was."""
    before = state(project)
    for do, answer, left_out, done, look in steps:
        step = begin(people.manager, project, do, ticked(items), answer=answer)
        assert (step.state, step.done, step.left_out) == ("done", done, left_out), do
        look()
        undone = undo(people.manager, project, step)
        assert (undone.state, undone.done, undone.left_out) == ("done", done, {}), do
        assert undo(people.manager, project, step) == undone
        after = state(project)
        for what, rows in before.items():
            assert after[what] == rows, (do, what)
    assert not list(differences(project))
    told = AuditEvent.objects.filter(project_number=project.pk, action__startswith="items.bulk")
    assert told.count() == 2 * len(steps)


def test_four_hundred_items_are_labeled_and_undone(project, people):
    items = made(project, people, 400, 0)

    def look():
        rows = list(export_rows(project, "items", Filters()))
        told = {row["item_id"]: row for row in rows}
        assert {told[item.pk]["label"] for item in items[:399]} == {"ham"}
        # no draw put the answer there: it has no propensity and no weight, and is in no random sample
        bulk = [row for row in rows if row["reason"] == "bulk"]
        assert len(bulk) == 199
        assert {(row["propensity"], row["weight_lure"]) for row in bulk} == {(None, None)}
        weighed = [row for row in rows if row["reviewed_in_bulk"]]
        assert {row["weight_missing"] for row in weighed} == {"decided with many others"}
        drawn = list(export_rows(project, "items", Filters(only="iid")))
        assert not {row["item_id"] for row in drawn} & {item.pk for item in items[200:400]}
        assert {row["label"] for row in drawn} == {"ham", "spam"}
        assert unsuspected_errors(project) is None

    played(project, people, items, [("label", HAM, {"set_aside": 1}, 399, look)])


def test_every_step_is_undone(project, people):
    items = made(project, people, 20, 0)
    make_gold(people.manager, items[3], SPAM)
    decide(people.reviewer, project, items[4].pk, "change", answer=SPAM)
    steps = (
        ("label", SPAM, {"set_aside": 1, "same": 1}, 18),
        ("ask_again", None, {"set_aside": 1, "unanswered": 9}, 10),
        ("review", None, {"set_aside": 1, "unanswered": 9, "decided": 1}, 9),
        ("set_aside", None, {"already": 1}, 19),
        ("restore", None, {"already": 19}, 1),
        ("gold", None, {"undecided": 10}, 10),
        ("gold", SPAM, {}, 20),
    )
    before = state(project)
    looks = [lambda: state(project) != before or pytest.fail("nothing was done")]
    played(project, people, items, [(*step, looks[0]) for step in steps])


def test_the_undo_names_what_somebody_has_changed_since(project, people, items):
    some = items[:5]
    step = begin(people.reviewer, project, "label", ticked(some), answer=HAM)
    decide(people.manager, project, some[0].pk, "change", answer=SPAM)
    undone = undo(people.reviewer, project, step)
    assert (undone.done, undone.left_out) == (4, {"changed": 1})
    assert BulkItem.objects.get(step=undone, why="changed").item_id == some[0].pk
    assert set(ReviewDecision.objects.standing().values_list("item", flat=True)) == {some[0].pk}

    step = begin(people.manager, project, "ask_again", ticked(some[1:4]))
    make_answers([(some[1], User.objects.get(username="second"), HAM)])
    assert undo(people.manager, project, step).left_out == {"changed": 1}

    step = begin(people.manager, project, "gold", ticked(some[:2]), answer=SPAM)
    make_gold(people.reviewer, some[0], HAM)
    assert undo(people.manager, project, step).left_out == {"changed": 1}
    assert KnownAnswer.objects.get(item=some[0]).answer == HAM

    step = begin(people.manager, project, "set_aside", ticked(some[:2]))
    restore(people.reviewer, some[0])
    assert undo(people.manager, project, step).left_out == {"changed": 1}

    step = begin(people.reviewer, project, "review", ticked(some[2:4]))
    decide(people.reviewer, project, some[2].pk, "accept")
    assert undo(people.reviewer, project, step).left_out == {"changed": 1}


def test_no_estimate_moves_unless_a_manager_says_why(project, people, items):
    eval_items = items[10:]
    for asker, given, words in (
        (people.manager, {}, "8 of these 18 items are held out"),
        (people.manager, {"eval_items": "include"}, "say why"),
        (people.reviewer, {"eval_items": "include", "reason": "They are wrong."}, "only a manager"),
    ):
        with pytest.raises(AsksFirst, match=words) as refused:
            begin(asker, project, "label", ticked(items), answer=HAM, **given)
        assert (refused.value.n_eval, refused.value.total) == (8, 18)
    assert not BulkStep.objects.exists()
    assert not ReviewDecision.objects.exists()
    step = begin(people.reviewer, project, "label", ticked(items), answer=HAM, eval_items="leave_out")
    assert step.total == 10
    assert not ReviewDecision.objects.filter(item__split="eval").exists()
    undo(people.reviewer, project, step)
    step = begin(
        people.manager, project, "label", ticked(eval_items), answer=SPAM, eval_items="include", reason="All spam."
    )
    # what nobody has answered is not measured on because somebody has chosen it
    assert (step.done, step.left_out, step.reason) == (4, {"unanswered": 4}, "All spam.")
    answers = Annotation.objects.current().filter(item__in=eval_items, source="human")
    assert set(ReviewDecision.objects.standing().values_list("item", flat=True)) == set(
        answers.values_list("item", flat=True)
    )
    # a reviewer decides alone about none of them that nobody has answered
    with pytest.raises(Invalid, match="Nobody has answered"):
        decide(people.reviewer, project, make_items(project, ["more"], split=Split.EVAL)[0].pk, "change", answer=HAM)


def test_who_may_do_which_step(project, people, items):
    for user, may in ((people.reviewer, {"label", "ask_again", "review"}), (people.annotator, set())):
        for do in ("label", "ask_again", "review", "set_aside", "restore", "gold", "select"):
            given = {"answer": HAM} if do == "label" else {}
            if do in may:
                begin(user, project, do, ticked(items[:2]), **given)
                continue
            with pytest.raises(PermissionDenied):
                begin(user, project, do, ticked(items[:2]), **given)
    step = begin(people.manager, project, "gold", ticked(items[:2]), answer=HAM)
    with pytest.raises(PermissionDenied):
        undo(people.reviewer, project, step)


def test_a_view_is_frozen_and_a_job_goes_on_where_it_was_fenced_off(project, people, items, monkeypatch):
    monkeypatch.setattr("labeling.services.bulk.start.AT_ONCE", 5)
    monkeypatch.setattr("labeling.services.bulk.run.CHUNK", 3)
    view = ItemView(split="pool")
    for count, words in ((9, "10 items now, 9 were shown"), (None, "not said")):
        with pytest.raises(AsksFirst, match=words):
            begin(people.manager, project, "set_aside", Selection(view=view, count=count))
    step = begin(people.manager, project, "set_aside", Selection(view=view, count=9), is_confirmed=True)
    assert (step.state, step.total, step.done) == ("queued", 10, 0)
    make_items(project, ["too late"])
    rows = type(BulkStep.objects.all())
    beats, beat = iter([True, True, False]), rows.beat
    with monkeypatch.context() as patch:  # another attempt has taken over at the third chunk: nothing of it is stored
        patch.setattr(rows, "beat", lambda *args, **fields: next(beats) and beat(*args, **fields))
        run_bulk_step(step.pk)
    step.refresh_from_db()
    assert (step.state, step.done, BulkItem.objects.filter(step=step).count()) == ("running", 6, 6)
    BulkStep.objects.filter(pk=step.pk).update(state="queued")
    run_bulk_step(step.pk)
    step.refresh_from_db()
    assert (step.state, step.done, step.left_out) == ("done", 9, {"already": 1})
    assert Item.objects.filter(project=project, status="active", split="pool").get().text == "too late"
    found = undo(people.manager, project, step)
    run_bulk_step(found.pk)
    found.refresh_from_db()
    assert (found.state, found.done) == ("done", 9)
    assert Item.objects.filter(project=project, status="set_aside").count() == 1
    # what is under way stops where it is, and that much is undone
    step = begin(people.manager, project, "set_aside", Selection(view=view, count=11))
    found = undo(people.manager, project, step)
    step.refresh_from_db()
    assert (step.state, found.state, found.total) == ("cancelled", "done", 0)
    words = Selection(view=ItemView(q="held out"), count=8)
    assert begin(people.manager, project, "select", words).total == 8


def test_an_undo_that_failed_goes_on_where_it_stopped(project, people, items, monkeypatch):
    monkeypatch.setattr("labeling.services.bulk.run.CHUNK", 2)
    step, others = begin(people.manager, project, "set_aside", ticked(items[:4])), UserFactory(username="another")
    Member.objects.create(project=project, user=others, role=Role.MANAGER)
    carried, calls = STEPS["set_aside"], iter(range(9))

    def fails_at_second(user, step, rows):
        assert next(calls) != 1, "broken"
        return carried.put_back(user, step, rows)

    with monkeypatch.context() as patch:
        patch.setitem(STEPS, "set_aside", Carried(carried.do, fails_at_second))
        with pytest.raises(AssertionError):
            undo(people.manager, project, step)
    (row,) = told_steps(project, others, {}, frozenset(["set_aside"]))
    assert (row.step, row.may_undo) == (step, True)
    undone = undo(others, project, step)
    assert (undone.state, undone.done, undone.created_by, undone.error) == ("done", 4, others, "")
    assert not told_steps(project, others, {}, frozenset(["set_aside"]))[-1].may_undo


def test_every_sort_of_step_is_told(project, people):
    """Whatever stands in the list of steps, the page of items is there."""
    for do in set(BulkDo.values) - {BulkDo.UNDO}:
        answer = {"label": "ham"} if do in (BulkDo.LABEL, BulkDo.NAME, BulkDo.GOLD) else None
        BulkStep.objects.all().delete()
        BulkStep.objects.create(
            project=project, created_by=people.manager, do=do, chosen=b"", done=2, total=2, answer=answer, state="done"
        )
        (row,) = told_steps(project, people.manager, {}, frozenset(BulkDo.values))
        assert "2 items" in row.words, do
