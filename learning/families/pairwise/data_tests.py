"""Tests the judgments of a run before anything is learned of them."""

import numpy as np
from django.db.models import F, Q

from labeling.models import Annotation, Gold, ItemStatus, Pair, Project
from learning.core import data_tests as tests
from learning.core.cycle import step_rng
from learning.core.data_tests import FEATURES_LOOKED_AT, Finding
from learning.core.pairwise import TIE
from learning.families.pairwise.freeze import Bools, Ints, PairData
from learning.models import Run
from learning.services.features.matrix import FeatureMatrix

#: Answers given here whose sides are compared with those of the others.
BATCH = 500


def run_tests(run: Run, data: PairData, matrix: FeatureMatrix) -> list[Finding]:
    """Every test once, the ones that stop a run first."""
    found = _of_pairs(run, data) + _of_judgments(data) + [_gold(run.project, data)] + _of_features(run, matrix)
    return sorted(found, key=lambda row: not row.hard)


def _of_pairs(run: Run, data: PairData) -> list[Finding]:
    judged, context, held = data.judged, data.items.context, data.items.held
    across = context[judged.left] != context[judged.right]
    leaked = judged.learned & (held[judged.left] | held[judged.right])
    answers = Annotation.objects.current().filter(
        project=run.project, pk__lte=run.last_annotation_id, pair__isnull=False
    )
    not_shown = answers.exclude(Q(left=F("pair__first")) | Q(left=F("pair__second"))).count()
    active = {f"pair__{row}status": ItemStatus.ACTIVE for row in ("", "first__", "second__")}
    n = answers.count()
    return [
        *tests.pairs_are_pairs(int((judged.left == judged.right).sum()), int(across.sum()), not_shown),
        tests.held_out_stays_out(int(leaked.sum())),
        tests.judgments_in_scope(n - answers.filter(**active).count(), n),
    ]


def _of_judgments(data: PairData) -> list[Finding]:
    learned, judged = data.learned, data.judged
    own = judged.judgments(~judged.repeated, len(data.items))
    is_named = np.array([bool(name.removesuffix("(imported)").strip()) for name in data.people], dtype=bool)
    timed = judged.elapsed_ms[(judged.reason > 0) & (judged.elapsed_ms >= 0)]
    return [
        tests.sides_differ(learned, is_named),
        tests.one_sided_people(own, is_named),
        tests.sides_between_batches(_batches(data, judged.learned), learned),
        tests.judgments_of_several(learned, is_named),
        tests.same_pair_once(own, is_named),
        *tests.enough_judgments(learned, ~data.items.held, data.items.context),
        tests.plausible_durations(timed),
    ]


def _batches(data: PairData, mask: Bools) -> Ints:
    """Imports are one batch: files are sorted by pair or item, so no part of them has sides of its own. Answers given
    here are numbered on in the order in which they came."""
    here = data.judged.reason[mask] > 0
    return np.where(here, 1 + (np.cumsum(here) - here) // BATCH, 0)


def _gold(project: Project, data: PairData) -> Finding:
    """Strict answers to pairs with a strict gold answer."""
    ids, judged = data.items.ids, data.judged
    strict_gold = Pair.objects.filter(project=project, gold__in=[Gold.FIRST, Gold.SECOND])
    known = strict_gold.values_list("first", "second", "gold")
    better = {(one, other): one if gold == Gold.FIRST else other for one, other, gold in known}
    if not better:
        return tests.answers_agree_with_gold(0, 0)
    strict = np.flatnonzero(judged.answer < TIE)
    left, right = ids[judged.left[strict]].tolist(), ids[judged.right[strict]].tolist()
    preferred = np.where(judged.answer[strict] == 0, left, right).tolist()
    right_or_not = [
        better[key] == winner
        for one, other, winner in zip(left, right, preferred, strict=True)
        if (key := (min(one, other), max(one, other))) in better
    ]
    return tests.answers_agree_with_gold(right_or_not.count(False), len(right_or_not))


def _of_features(run: Run, matrix: FeatureMatrix) -> list[Finding]:
    rng, n = step_rng(run.seed, "data tests"), matrix.n_rows
    rows = np.arange(n) if n <= FEATURES_LOOKED_AT else np.sort(rng.choice(n, FEATURES_LOOKED_AT, replace=False))
    features = matrix.take(rows)
    return [
        tests.features_for_every_item(n, run.items_seen),
        tests.features_finite(features),
        *tests.features_vary(features),
        tests.features_differ(features, rng),
    ]
