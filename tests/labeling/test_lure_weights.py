"""weight_lure: what chosen answers say about the whole pool."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from labeling.models import Annotation, Item, Source
from labeling.selectors.export import Filters, bounded, export_rows
from labeling.selectors.lure_weights import LureWeights
from learning.core.acquisition import draw, rank_log_weights
from learning.core.evaluation.lure import lure_weights
from tests.factories import make_answer, make_items, make_project


def weights_of(project, rows="annotations", **filters):
    return [(row["weight_lure"], row["weight_missing"]) for row in export_rows(project, rows, Filters(**filters))]


def answer(people, items, propensities, sizes, first_draw=1, **fields):
    for number, (item, q, size) in enumerate(zip(items, propensities, sizes, strict=False)):
        given = {"reason": "strategy", "propensity": q, "pool_size": size, "draw": first_draw + number, **fields}
        make_answer(item, people.annotator, {"label": "ham"}, **given)


@pytest.mark.django_db
def test_without_interruptions_it_is_the_published_formula(project, people):
    items = make_items(project, [str(n) for n in range(10)])
    q, sizes = [0.5, 0.05, 0.3, 0.11], [10, 9, 8, 7]
    answer(people, items, q, sizes)
    expected = [(pytest.approx(weight), None) for weight in lure_weights(q, sizes)]
    assert weights_of(project) == expected
    assert weights_of(project, "items") == expected
    assert weights_of(project, only="iid") == []


@pytest.mark.django_db
def test_what_no_draw_of_the_pool_chose_has_no_weight_and_says_why(project, people):
    drawn, imported = make_items(project, ["a", "b"])
    (measured,) = make_items(project, ["c"], split="eval")
    Item.objects.filter(pk=measured.pk).update(annotations_required=2)  # a part of the eval split is asked twice
    answer(people, [drawn], [0.5], [2], reason="random")
    answer(people, [measured], [1.0], [1], reason="eval", draw=None)
    Annotation.objects.create(project=project, item=imported, source=Source.IMPORT, answer={"label": "spam"})
    assert weights_of(project) == [(1.0, None), (None, "eval split"), (None, "imported")]


@pytest.mark.django_db
def test_with_several_answers_an_item_there_are_no_weights(people):
    project = make_project(overlap=2)
    items = make_items(project, ["a", "b"])
    answer(people, items, [0.5, 0.5], [2, 2])
    assert weights_of(project) == [(None, "several answers an item")] * 2


@pytest.mark.django_db
def test_answers_from_before_the_pool_grew_are_known_and_later_ones_speak_for_the_rest(project, people):
    old = make_items(project, [f"old {n}" for n in range(4)])
    Item.objects.update(created_at=timezone.now() - timedelta(hours=1))
    answer(people, old[:2], [0.9, 0.9], [4, 3])
    new = make_items(project, [f"new {n}" for n in range(8)])
    assert weights_of(project) == [(None, "nothing was asked since the pool grew")] * 2
    q, sizes = [0.5, 0.02], [10, 9]
    answer(people, new, q, sizes, first_draw=3)
    later = lure_weights(q, sizes) * (4 / 12) * (10 / 2)
    assert [weight for weight, _ in weights_of(project)] == pytest.approx([4 / 12, 4 / 12, *later])


@pytest.mark.django_db
def test_weights_are_those_of_the_moment_the_set_was_fixed(project, people):
    items = make_items(project, [str(n) for n in range(10)])
    answer(people, items[:2], [0.5, 0.05], [10, 9])
    moment = bounded(project, Filters())
    answer(people, items[2:], [0.3], [8], first_draw=3)
    then = [row["weight_lure"] for row in export_rows(project, "annotations", moment)]
    assert then == pytest.approx(list(lure_weights([0.5, 0.05], [10, 9])))


def test_the_mean_of_weighted_losses_is_unbiased_for_the_mixture_of_queue_and_random_draws():
    """Rankings of 30 by the law of the core, one in four draws random, ranked anew after every fourth answer."""
    rng = np.random.default_rng(3)
    n, answers, share = 30, 12, 0.25
    losses = np.linspace(1.0, 0.0, n)  # what ranks first is hardest
    estimates, naive = [], []
    for _ in range(2_500):
        open_items, picked, weigh = list(range(n)), [], []
        for number in range(answers):
            size = len(open_items)
            if number % 4 == 0:
                positions, q = draw(rank_log_weights(size, 0.5), size, rng)
                queue = [(open_items[position], chance) for position, chance in zip(positions, q, strict=True)]
            if rng.random() < share:
                item = open_items[rng.integers(size)]
                ahead = [chance for _, chance in queue[: [other for other, _ in queue].index(item) + 1]]
                chance = ahead[-1] * np.prod(1.0 - np.array(ahead[:-1]))
            else:
                item, chance = queue[0]
            weigh.append((share / size + (1 - share) * chance, size))
            picked.append(item)
            open_items.remove(item)
            queue = [entry for entry in queue if entry[0] != item]
        lure_weights = LureWeights(left=n - answers)
        weights = [lure_weights.weight("strategy", q, size, 1 + m)[0] for m, (q, size) in enumerate(weigh)]
        estimates.append(np.mean(np.array(weights) * losses[picked]))
        naive.append(losses[picked].mean())
    error = (np.mean(estimates) - losses.mean()) / (np.std(estimates) / np.sqrt(len(estimates)))
    assert abs(error) < 3.5, f"{np.mean(estimates):.4f} for {losses.mean():.4f}"
    assert np.mean(naive) > losses.mean() + 0.1
