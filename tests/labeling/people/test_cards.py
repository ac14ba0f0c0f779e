"""What a card says of a person, computed by hand on a few answers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count, Max
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling import extensions
from labeling.extensions import NOTHING
from labeling.models import Annotation, Context, Member, Pair, Role, Task, TaskState
from labeling.selectors.people import chosen_people, own_work, people_of
from labeling.selectors.people.cards import in_weeks, weeks_until
from labeling.selectors.people.known import repeats
from labeling.services.quality.quarantine import set_in_quarantine
from tests.factories import UserFactory, make_answer, make_items, make_project

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HAM, SPAM = {"label": "ham"}, {"label": "spam"}


@pytest.fixture
def three(project):
    """ann, ben and cleo, who may each answer every item."""
    type(project).objects.filter(pk=project.pk).update(overlap=3)
    project.refresh_from_db()
    people = [UserFactory(username=name) for name in ("ann", "ben", "cleo")]
    for person in people:
        Member.objects.create(project=project, user=person, role=Role.ANNOTATOR)
    return people


def card_of(project, name):
    return next(card for card in people_of(project).cards if card.name == name)


def agreement_of(project, name):
    found = card_of(project, name).agreement
    return (found.count, found.n) if found else None


def test_everybody_is_held_against_the_others_and_never_against_himself(project, three):
    ann, ben, cleo = three
    first, second, alone = make_items(project, ["a", "b", "c"])
    for person, answer in ((ann, HAM), (ben, HAM), (cleo, SPAM)):
        make_answer(first, person, answer)
    make_answer(second, ann, HAM)
    make_answer(second, cleo, SPAM)
    make_answer(alone, ann, HAM)
    # of the first, ann's others are tied; of the second each has one other, who disagrees
    assert agreement_of(project, "ann") == (0, 1)
    assert agreement_of(project, "ben") is None
    assert agreement_of(project, "cleo") == (0, 2)
    assert [(one.others, one.said, one.n) for one in card_of(project, "cleo").confused] == [("ham", "spam", 2)]


def test_who_is_in_quarantine_is_held_against_the_others_but_nobody_against_him(project, people, three):
    ann, ben, cleo = three
    (item,) = make_items(project, ["a"])
    for person, answer in ((ann, HAM), (ben, HAM), (cleo, SPAM)):
        make_answer(item, person, answer)
    set_in_quarantine(people.manager, project, "cleo", "Always spam.")
    assert agreement_of(project, "ann") == agreement_of(project, "ben") == (1, 1)
    assert agreement_of(project, "cleo") == (0, 1)
    assert card_of(project, "cleo").is_quarantined


@pytest.mark.parametrize(
    ("kind", "labels", "others", "said", "confused"),
    [
        ("multilabel", ("a", "b"), [{"labels": ["a"]}] * 2, {"labels": ["b"]}, {("a", ""), ("", "b")}),
        ("multilabel", ("a", "b"), [{"labels": []}] * 2, {"labels": []}, set()),
        ("rating", ("1", "2", "3"), [{"rating": 1}, {"rating": 2}], {"rating": 2}, set()),
        ("rating", ("1", "2", "3"), [{"rating": 1}, {"rating": 2}], {"rating": 3}, {("1 or 2", "3")}),
    ],
)
def test_what_agrees_with_the_others_is_said_by_the_kind(three, kind, labels, others, said, confused):
    project = make_project(kind=kind, labels=labels, overlap=3)
    (item,) = make_items(project, ["a"])
    for person, answer in zip(three[1:], others, strict=True):
        make_answer(item, person, answer)
    make_answer(item, three[0], said)
    card = card_of(project, "ann")
    assert {(one.others, one.said) for one in card.confused} == confused
    assert (card.agreement.count, card.agreement.n) == (int(not confused), 1)


def test_too_fast_is_below_a_quarter_of_the_median_of_medians(project, three):
    ann, ben, cleo = three
    times = {ann: [8_000, 10_000, 12_000], ben: [4_000, 4_000, 900], cleo: [100] * 6}
    texts = iter("abcdefghijkl")
    for person, found in times.items():
        for ms in found:
            made = make_answer(make_items(project, [next(texts)])[0], person, HAM)
            Annotation.objects.filter(pk=made.pk).update(elapsed_ms=ms)
    found = people_of(project)
    assert (found.median_ms, found.fast_below_ms) == (4_000, 1_000)
    fast = {card.name: (card.fast.count, card.fast.n) for card in found.cards if card.fast}
    assert fast == {"ann": (0, 3), "ben": (1, 3), "cleo": (6, 6)}
    assert [card_of(project, name).median_ms for name in ("ann", "ben", "cleo")] == [10_000, 4_000, 100]


def test_skips_count_and_are_seen(project, three):
    ann, *_ = three
    items = make_items(project, ["a", "b", "c"])
    make_answer(items[0], ann, HAM)
    now = timezone.now()
    for item in items[1:]:
        Task.objects.create(
            project=project, item=item, annotator=ann, state=TaskState.SKIPPED, reason="random",
            lease_expires_at=now, skipped_at=now + timedelta(hours=1), skip_reason="unclear",
        )  # fmt: skip
    card = card_of(project, "ann")
    assert (card.skips.count, card.skips.n) == (2, 3)
    assert card.last_at == now + timedelta(hours=1)
    assert own_work(ann, project).skips == 2
    if connection.vendor == "sqlite":  # as many as were skipped are read, and not all that was ever asked
        skipped = Task.objects.filter(project=project, state=TaskState.SKIPPED).order_by().values_list("annotator_id")
        assert "INDEX task_skipped" in skipped.annotate(n=Count("pk"), last=Max("skipped_at")).explain()


@pytest.fixture
def pairs(three, people):
    """A pairwise project with four pairs of two items each; the first is gold."""
    project = make_project(kind="pairwise", labels=(), slug="pairs", overlap=3, manager=people.manager)
    context = Context.objects.create(project=project, ordinal=0, text="For what?", split="pool", content_hash="c")
    items = make_items(project, list("abcdefgh"))
    shared = {"project": project, "context": context, "split": "pool", "annotations_required": 3}
    made = [
        Pair.objects.create(first=one, second=two, **shared) for one, two in zip(items[::2], items[1::2], strict=True)
    ]
    Pair.objects.filter(pk=made[0].pk).update(gold="first")
    return project, made


def judge(pair, person, winner, *, turned=False, reason="random"):
    """An answer with the first item left, or right."""
    left = pair.second if turned else pair.first
    task = Task.objects.create(
        project=pair.project, pair=pair, left=left, annotator=person, state=TaskState.ANSWERED, reason=reason,
        lease_expires_at=timezone.now(),
    )  # fmt: skip
    return Annotation.objects.create(
        project=pair.project, pair=pair, left=left, task=task, annotator=person, answer={"winner": winner},
        elapsed_ms=2_000,
    )  # fmt: skip


def test_repeats_and_gold_are_told_whichever_way_the_sides_stand(pairs, three):
    project, (known, other, third, _) = pairs
    ann, ben, _ = three
    judge(known, ann, "left")
    judge(known, ben, "left", turned=True)
    judge(other, ann, "tie")
    judge(known, ann, "right", turned=True, reason="repeat")
    judge(other, ann, "left", reason="repeat")
    Annotation.objects.create(
        project=project, pair=third, left=third.first, source="import", imported_annotator="ann",
        answer={"winner": "left"},
    )  # fmt: skip
    card, ben_s = card_of(project, "ann"), card_of(project, "ben")
    assert (card.answers, card.items) == (4, 2)
    assert (card.repeats.count, card.repeats.n) == (1, 2)
    assert (card.gold.count, card.gold.n) == (1, 1)
    assert (ben_s.gold.count, ben_s.gold.n) == (0, 1)
    # ann said the first, ben the second: the sides are the same, the answers are not
    assert (card.agreement.count, card.agreement.n) == (0, 1)
    assert [(one.others, one.said) for one in card.confused] == [("one of the two", "the other one")]
    assert card_of(project, "ann (imported)").is_imported
    judge(other, ann, "tie", reason="repeat")
    again = card_of(project, "ann").repeats
    assert (again.count, again.n) == repeats(project)[ann.pk] == (2, 3)


def test_who_answers_gold_by_a_coin_has_a_verdict_and_who_errs_once_has_none(pairs, three):
    project, (known, *_) = pairs
    ann, ben, _ = three
    items = make_items(project, [f"gold {n}" for n in range(40)])
    for n in range(20):
        shared = {"project": project, "context_id": known.context_id, "split": "pool", "gold": "first"}
        pair = Pair.objects.create(first=items[2 * n], second=items[2 * n + 1], **shared)
        judge(pair, ann, "right", reason="gold")
        judge(pair, ben, "right" if n == 3 else "left", reason="gold")
    verdict = card_of(project, "ann").verdict
    assert "gold answers were wrong, more than the" in verdict.sentence
    assert card_of(project, "ben").verdict is None
    assert (card_of(project, "ben").gold.count, card_of(project, "ben").gold.n) == (19, 20)


def test_named_answers_of_an_import_are_a_persons(project, three):
    (item,) = make_items(project, ["a"])
    make_answer(item, three[0], HAM)
    Annotation.objects.create(project=project, item=item, source="import", imported_annotator="dora", answer=SPAM)
    assert agreement_of(project, "dora") == (0, 1)
    assert agreement_of(project, "ann") == (0, 1)


def test_ones_own_page_counts_repeats_from_the_next_day_on_and_five_at_least(pairs, three):
    project, made = pairs
    ann = three[0]
    yesterday = timezone.now() - timedelta(days=1)
    for pair in made:
        judge(pair, ann, "left")
        judge(pair, ann, "left", reason="repeat")
        again = judge(pair, ann, "left", reason="repeat")
        Annotation.objects.filter(pk=again.pk).update(created_at=yesterday)
    assert own_work(ann, project).consistency is None
    Annotation.objects.filter(task__reason="repeat").update(created_at=yesterday)
    found = own_work(ann, project).consistency
    assert (found.count, found.n) == (8, 8)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is told by SQLite's words")
def test_ones_own_page_reads_nobody_elses_answers(project, three):
    with CaptureQueriesContext(connection) as caught:
        own_work(three[0], project)
    plans = []
    with connection.cursor() as cursor:
        for query in caught.captured_queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plans += [step for *_, step in cursor.fetchall()]
    assert any("task_history" in step for step in plans)
    assert [step for step in plans if "annotation_in_order" in step or "SCAN labeling_annotation" in step] == []


def test_people_cost_the_same_number_of_statements_however_many_they_are(project, three):
    def statements():
        with CaptureQueriesContext(
            connection,
        ) as caught:
            people_of(project)
        return len(caught)

    type(project).objects.filter(pk=project.pk).update(overlap=20)
    project.refresh_from_db()
    items = make_items(project, ["a", "b"])
    for person in three:
        make_answer(items[0], person, HAM)
    of_few = statements()
    for n in range(12):
        person = UserFactory(username=f"further{n}")
        Member.objects.create(project=project, user=person, role=Role.ANNOTATOR)
        make_answer(items[1], person, SPAM)
    assert statements() == of_few


def test_without_learning_there_are_shares_but_no_intervals(project, three, monkeypatch):
    monkeypatch.setattr(extensions, "_installed", NOTHING)
    make_answer(make_items(project, ["a"])[0], three[0], HAM)
    skips = card_of(project, "ann").skips
    assert (skips.value, skips.low, skips.high, skips.note) == (0.0, None, None, "no interval without learning")


def test_with_learning_a_share_has_its_interval_from_five_on(project, three):
    for text in "abcdefg":
        make_answer(make_items(project, [text])[0], three[0], HAM)
    make_answer(make_items(project, ["h"])[0], three[1], HAM)
    of_seven, of_one = card_of(project, "ann").skips, card_of(project, "ben").skips
    assert of_seven.low == 0.0
    assert 0.3 < of_seven.high < 0.5
    assert (of_one.low, of_one.note) == (None, "too few to say")


def test_who_has_no_number_comes_last_whichever_way_they_are_sorted(project, three):
    for person, text in ((three[0], "a"), (three[0], "b"), (three[1], "c")):
        make_answer(make_items(project, [text])[0], person, HAM)
    cards = [card for card in people_of(project).cards if card.name in ("ann", "ben", "cleo")]
    for sort, names in (("median_ms", "ann ben cleo"), ("-answers", "ann ben cleo"), ("answers", "cleo ben ann")):
        assert " ".join(card.name for card in chosen_people(cards, sort=sort)) == names
    assert [card.name for card in chosen_people(cards, q="EO")] == ["cleo"]
    assert chosen_people(cards, role="none") == []


def test_the_last_of_the_weeks_ends_today():
    today = timezone.now().date()
    weeks = weeks_until(today)
    assert weeks[-1] + timedelta(days=6) == today
    counted = {(today - timedelta(days=back)).isoformat(): 1 for back in range(8)}
    assert in_weeks(counted, weeks)[-2:] == (1, 7)
