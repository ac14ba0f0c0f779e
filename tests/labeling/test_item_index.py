"""The index of items says what a plain look at every item says, whatever has happened, and walks them in order."""

import random
from dataclasses import replace

import pytest
from django.db import connection
from django.db.models import F

from labeling.db.bitmaps import BLOCK, FEW, all_below, ascending, decoded, descending, encoded, with_sample
from labeling.models import Annotation, FacetBlock, FacetIndex, Item, Progress
from labeling.selectors.item_view import ChosenItems, ItemView, neighbours
from labeling.selectors.item_view.counts import facet_counts
from labeling.selectors.item_view.order import WHOLLY_SURE
from labeling.selectors.opinions import opinions_of
from labeling.services.answers.record import record_answer, take_back
from labeling.services.item_index import IndexedSoFar, PredictedItems, go_on, store_predictions, up_to_date
from labeling.services.item_index.blocks import BitsByBlock
from labeling.services.items.status import restore, set_aside
from labeling.services.quality.known_answers import make_gold
from labeling.services.quality.quarantine import lift, set_in_quarantine
from labeling.services.review.decide import decide
from labeling.services.scheme.merge import merge_labels
from tests.factories import make_answer, make_items, make_project
from tests.item_views import counts_of_view, items_of_view, page_of_view

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
HAM, SPAM = {"label": "ham"}, {"label": "spam"}


def plainly(project):
    """By facet and value the ordinals, found the long way."""
    found = {}
    ordinals = dict(Item.objects.filter(project=project).values_list("pk", "ordinal"))
    for pk, said in opinions_of(project, list(ordinals)).items():
        item = Item.objects.get(pk=pk)
        facts = [("split", "eval")] if item.split == "eval" else []
        facts += [("status", "set_aside")] if item.status == "set_aside" else []
        facts += [("answered", "yes")] if item.answers else []
        facts += [("reviewed", "yes")] if said.review else []
        if said.consensus:
            told = said.consensus
            labels = {row.answer["label"] for row in said.answers} if told.tied else set(told.labels)
            labels = {said.review.answer["label"]} if said.review else labels
            facts += [("label", label) for label in labels]
            if told.agreement is not None:
                facts.append(("people", "same" if told.agreement == 1 else "differ"))
        for fact in facts:
            found.setdefault(fact, set()).add(item.ordinal)
    return found


def stored(project):
    up_to_date(project)
    facets = ("split", "status", "answered", "reviewed", "label", "people")
    rows = FacetBlock.objects.filter(project=project, facet__in=facets, block__gte=0, n__gt=0)
    found = {(row.facet, row.value): set(ascending(decoded(row.n, row.bits))) for row in rows}
    totals = FacetBlock.objects.filter(project=project, facet__in=facets, block__lt=0, n__gt=0)
    assert {(row.facet, row.value): row.n for row in totals} == {one: len(of) for one, of in found.items()}
    return found


def test_it_says_what_a_plain_look_says_after_whatever_happens(people):
    project = make_project(overlap=2, labels=("ham", "spam", "junk"), manager=people.manager)
    for user, role in ((people.annotator, "annotator"), (people.reviewer, "reviewer")):
        project.members.create(user=user, role=role)
    items = make_items(project, [f"text {n}" for n in range(6)]) + make_items(project, ["held out"], split="eval")
    one = make_answer(items[0], people.annotator, SPAM)

    def answer():
        make_answer(items[0], people.reviewer, HAM)
        make_answer(items[1], people.annotator, SPAM)
        make_answer(items[1], people.reviewer, SPAM)
        make_answer(items[6], people.annotator, {"label": "junk"})

    def late():
        """An annotation that is committed after one with a higher number was read; SQLite's writers take turns."""
        if not connection.features.has_select_for_update:
            make_answer(items[2], people.annotator, SPAM)
            make_answer(items[3], people.annotator, HAM)
            return
        task = make_answer(items[2], people.annotator, HAM).task
        Annotation.objects.filter(task=task).update(is_current=False)
        Annotation.objects.create(
            pk=900_001, project=project, item=items[2], task=task, annotator=people.annotator, answer=SPAM, revision=2
        )
        up_to_date(project)
        other = make_answer(items[3], people.annotator, HAM)
        Annotation.objects.filter(pk=other.pk).update(id=900_000)

    steps = (
        lambda: None,
        answer,
        lambda: take_back(people.annotator, one.task_id),
        lambda: record_answer(people.annotator, one.task_id, HAM),
        late,
        lambda: decide(people.reviewer, project, items[1].pk, "change", answer=HAM),
        lambda: set_aside(people.reviewer, Item.objects.get(pk=items[4].pk)),
        lambda: set_in_quarantine(people.manager, project, "annotator", "guesses"),
        lambda: restore(people.reviewer, Item.objects.get(pk=items[4].pk)),
        lambda: lift(people.manager, project.quarantines.get(), "does not"),
        lambda: merge_labels(people.manager, project, ["spam", "junk"], "unwanted"),
        lambda: make_items(project, ["new"], origin="shop"),
    )
    for step in steps:
        step()
        assert stored(project) == plainly(project)
    assert counts_of_view(project, "origin", "split")["origin"] == {"shop": 1}
    assert counts_of_view(project, "split", "label", label="unwanted")["split"] == {"eval": 1, "pool": 1}
    assert up_to_date(project) == IndexedSoFar(8, 8, True, 8)
    FacetIndex.objects.filter(project=project).delete()
    FacetBlock.objects.filter(project=project).delete()
    assert go_on(project.pk) == 8
    assert stored(project) == plainly(project)
    make_gold(people.reviewer, items[5], HAM)
    assert [item.pk for item in items_of_view(project, gold=True)] == [items[5].pk]


def test_what_the_model_says_filters_sorts_and_is_compared_with_people(people):
    project = make_project(overlap=2, manager=people.manager)
    items = make_items(project, [f"text {n}" for n in range(1_200)])
    rng = random.Random(1)
    sure = [rng.randrange(WHOLLY_SURE) for _ in items]
    spam = [rng.random() < 0.5 for _ in items]
    for item in items[:3]:
        make_answer(item, people.annotator, SPAM)
    make_answer(items[2], people.manager, HAM)
    up_to_date(project)
    store_predictions(project.pk, predicted(sure, spam))
    by_sure = sorted(range(len(items)), key=lambda n: (sure[n], n))
    for sort, order in (("unsure", by_sure), ("sure", by_sure[::-1])):
        seen, cursor = [], ""
        while True:
            page = page_of_view(project, limit=500, sort=sort, cursor=cursor)
            seen += [item.ordinal for item in page.items]
            if not page.older:
                break
            cursor = page.older
        assert (seen, page.total) == (order, len(items))
        back = page_of_view(project, limit=500, sort=sort, cursor=page.newer)
        assert [item.ordinal for item in back.items] == order[500:1_000]
    few = ItemView(sort="unsure", model="spam", sure="0")
    of_few = [n for n in by_sure if spam[n] and sure[n] / WHOLLY_SURE < 0.5]
    assert [item.ordinal for item in items_of_view(project, sort="unsure", model="spam", sure="0")] == of_few
    around = neighbours(project, few, str, items[of_few[7]])
    assert [item.ordinal for item in around] == [of_few[6], of_few[8]]
    wrong = [n for n in (0, 1) if not spam[n]]
    assert sorted(item.ordinal for item in items_of_view(project, sort="mistake")) == wrong
    assert [item.ordinal for item in items_of_view(project, sort="disputed")] == [2]
    assert counts_of_view(project, "agrees")["agrees"].get("no", 0) == len(wrong)
    make_answer(items[3], people.annotator, HAM if spam[3] else SPAM)
    assert 3 in [item.ordinal for item in items_of_view(project, agrees="no")]
    store_predictions(project.pk, predicted([WHOLLY_SURE] * 4, [True] * 4))  # another version; the old one is gone
    assert counts_of_view(project, "model", "sure") == {"model": {"spam": 4}, "sure": {"95": 4}}
    assert not FacetBlock.objects.filter(project=project, facet__endswith="@1").exists()


def test_what_two_workers_say_at_once_is_never_mixed(people):
    """One begins while the other one is writing, and is done before it: what was begun later is shown, alone."""
    project = make_project()
    make_items(project, ["one", "two"])
    up_to_date(project)
    slow, fast = predicted([WHOLLY_SURE] * 2, [True] * 2), replace(predicted([1_000] * 2, [False] * 2), model=2)

    def meanwhile():
        store_predictions(project.pk, fast)
        yield from slow.numbers

    store_predictions(project.pk, replace(slow, numbers=meanwhile()))
    assert counts_of_view(project, "model", "sure") == {"model": {"ham": 2}, "sure": {"0": 2}}
    of_them = FacetBlock.objects.filter(project=project, facet__contains="@").values_list("facet", flat=True)
    assert {facet.partition("@")[2] for facet in of_them} == {"2"}
    assert FacetIndex.objects.get(project=project).model == 2


def predicted(sure, spam):
    """As a model of the labels spam and ham says it, four items a stratum."""
    order = sorted(range(len(sure)), key=lambda n: (sure[n], n))
    bits, numbers, levels = BitsByBlock(), [], {}
    for n, is_spam in enumerate(spam):
        bits.add(n, "predicted", "yes")
        bits.add(n, "model", "spam" if is_spam else "ham")
        bits.add(n, "sure", "95" if sure[n] / WHOLLY_SURE >= 0.95 else "0" if sure[n] / WHOLLY_SURE < 0.5 else "50")
    step = -(-len(order) // 250)
    for level, start in enumerate(range(0, len(order), step)):
        some = sorted(order[start : start + step])
        levels[f"{level:03d}"] = [min(sure[n] for n in some), max(sure[n] for n in some)]
        told = b"".join(n.to_bytes(2, "little") for n in [*some, *(sure[n] for n in some)])
        numbers.append(("~level", f"{level:03d}", 0, len(some), told))
    for start in range(0, len(sure), 1_024):
        rows = range(start, min(start + 1_024, len(sure)))
        told = b"".join(sure[n].to_bytes(2, "little") + int(not spam[n]).to_bytes(2, "little") for n in rows)
        numbers.append(("~said", "", start // 1_024, len(rows), told))
    return PredictedItems(1, len(sure), [["spam"], ["ham"]], levels, {0: bits.of(0)}, numbers)


def test_large_projects_are_counted_by_a_sample_that_says_so(people):
    """Bits of five blocks, without the items: half of them have the label."""
    project = make_project()
    n = 5 * BLOCK - 7
    make_items(project, ["one"])
    up_to_date(project)
    rng = random.Random(2)
    for block in range(5):
        half = rng.getrandbits(BLOCK) & all_below(n, block)
        count, bits = encoded(half)
        row = {"project": project, "facet": "label", "value": "spam"}
        FacetBlock.objects.create(**row, block=block, n=count, bits=bits)
        summary, _ = FacetBlock.objects.get_or_create(**row, block=-1, defaults={"n": 0, "bits": b""})
        sample = with_sample(int.from_bytes(summary.bits, "little"), block, half)
        summary.n, summary.bits = summary.n + count, sample.to_bytes(8192, "little")
        summary.save()
    FacetIndex.objects.filter(project=project).update(items=n)
    Progress.objects.filter(project=project).update(next_ordinal=F("next_ordinal") + n - 1)
    chosen = ChosenItems(project, ItemView(split="pool"), str)
    found = facet_counts(chosen, ["label", "split"])
    assert (chosen.total, found.is_estimate) == (n, True)
    assert abs(found.counts["label"]["spam"] - n / 2) < n / 50
    exact = ChosenItems(project, ItemView(label="spam"), str)
    assert abs(exact.total - n / 2) < n / 200


@pytest.mark.parametrize("n", [0, 1, FEW, FEW + 1, 5_000, BLOCK])
def test_bits_are_read_as_they_were_written(n):
    positions = sorted(random.Random(n).sample(range(BLOCK), n))
    bits = sum(1 << position for position in positions) if n < 9_000 else all_below(BLOCK, 0)
    assert decoded(*encoded(bits)) == bits
    assert list(ascending(bits)) == positions == list(descending(bits))[::-1]
