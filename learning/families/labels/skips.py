"""What people skipped, as the ranking learns from it, and how much of the project looks as if it cannot be asked about.

A ranking reads skips as it reads which items are open: as they are now, not as they were when the run's answers were
frozen. The model of a version does not know them, so its file stays a function of answers and seed.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.consensus import left_out
from labeling.kinds.cells import group_key
from labeling.models import Item, ItemStatus, Project, Reason, SkipReason, Split, Task, TaskState
from learning.core.arrays import FloatMatrix
from learning.core.cycle import step_rng
from learning.core.evaluation.intervals import share
from learning.core.skips import SkipModel, Skipped, fit_skip_model
from learning.families.labels.training_data import LabelData
from learning.models import Run
from learning.services.features.matrix import FeatureMatrix

_CHUNK = 5_000


@dataclass(frozen=True)
class SkippedItems:
    """Items that were skipped and that nobody could answer, of the pool by rising ordinal with the names of their
    groups; and what became of the items drawn at random, pool and eval: how many were asked, how many of them skipped.
    """

    ordinals: NDArray[np.int64]
    groups: list[str]
    reasons: Counter[str]
    n_random: int
    n_random_skipped: int


def skipped_items(project: Project, n_items: int, changes_seen: int | None = None) -> SkippedItems:
    """Of the items below ``n_items`` as they are now; skips of people in quarantine do not count.

    Skipped is an item when somebody's skip stands, nobody's answer does, and no reviewer has put it back: one whom it
    is unclear to does not outvote one who knows, and one who knows that it is out of scope set it aside.
    """
    rows = Task.objects.filter(project=project, state=TaskState.SKIPPED, item__ordinal__lt=n_items, item__answers=0)
    rows = rows.exclude(reason=Reason.REPEAT).exclude(annotator__in=left_out(project, changes_seen).users)
    found: dict[int, tuple[str, str, str]] = {}
    names = ("item__ordinal", "item__split", "item__group", "skip_reason", "item__status")
    for ordinal, split, group, reason, status in rows.order_by("pk").values_list(*names).iterator(chunk_size=_CHUNK):
        if status == ItemStatus.SET_ASIDE or reason == SkipReason.UNCLEAR:
            found[ordinal] = (split, group, reason)
    pool = sorted(ordinal for ordinal, (split, _, _) in found.items() if split == Split.POOL)
    asked, skipped = _at_random(project, n_items, set(found)) if found else (0, 0)
    return SkippedItems(
        np.array(pool, dtype=np.int64),
        [found[ordinal][1] for ordinal in pool],
        Counter(found[ordinal][2] for ordinal in pool),
        asked,
        skipped,
    )


def _at_random(project: Project, n_items: int, skipped: set[int]) -> tuple[int, int]:
    """How many items that no ranking chose were answered or skipped, and how many of them skipped."""
    drawn = Task.objects.filter(
        project=project,
        reason__in=(Reason.RANDOM, Reason.EVAL),
        state__in=(TaskState.ANSWERED, TaskState.SKIPPED),
        item__ordinal__lt=n_items,
    )
    asked = {ordinal: n > 0 for ordinal, n in drawn.values_list("item__ordinal", "item__answers").iterator(_CHUNK)}
    n_skipped = sum(ordinal in skipped for ordinal in asked)
    return n_skipped + sum(asked.values()), n_skipped


def learned(
    run: Run, data: LabelData, answered: FloatMatrix, matrix: FeatureMatrix
) -> tuple[SkipModel | None, SkippedItems]:
    """What skips teach the ranking on these features; None where nothing was skipped. Raises files.Corrupt."""
    found = skipped_items(run.project, matrix.n_rows, run.changes_seen)
    labeled = np.isin(found.ordinals, data.pool.ordinals)  # an imported label answers an item, too
    ordinals = found.ordinals[~labeled]
    if not ordinals.size:
        return None, found
    own, theirs = _groups(
        run.project, data, [name for name, known in zip(found.groups, labeled, strict=True) if not known]
    )
    skipped = Skipped(matrix.take(ordinals), theirs)
    rng = step_rng(run.seed, "skips")
    return fit_skip_model(answered, skipped, rng, own), found


def _groups(project: Project, data: LabelData, names: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Numbers of the groups of answered and of skipped items: the same number is the same group."""
    own = data.pool.groups
    if not any(names):
        return own, None
    named: dict[str, int] = {}
    of_ordinal = dict(zip(data.pool.ordinals.tolist(), own.tolist(), strict=True))
    answered = list(of_ordinal)
    for start in range(0, len(answered), _CHUNK):
        items = Item.objects.filter(project=project, ordinal__in=answered[start : start + _CHUNK]).exclude(group="")
        of_items = items.values_list("ordinal", "group")
        named |= {group_key(group): of_ordinal[ordinal] for ordinal, group in of_items}
    free = int(own.max(initial=-1)) + 1
    numbers = []
    for position, name in enumerate(names):
        numbers.append(named.setdefault(group_key(name), free + position) if name else free + position)
    return own, np.array(numbers, dtype=np.int64)


def report_of(model: SkipModel | None, items: SkippedItems, sample: FloatMatrix) -> dict[str, Any]:
    """What a version's report keeps; ``sample`` are features of open items drawn at random. Nothing where nobody was
    asked at random and nothing was skipped."""
    if model is None and not items.n_random_skipped:
        return {}
    told: dict[str, Any] = {
        "skipped": dict(sorted(items.reasons.items())),
        "share": share(items.n_random_skipped, items.n_random).as_dict(),
        "is_on": model is not None and model.is_on,
        "reason": model.reason if model else "nothing of the pool was skipped",
    }
    if model and model.gain:
        told |= {"loss": model.loss, "constant_loss": model.constant_loss, "gain": model.gain.as_dict()}
    if model and model.is_on and len(sample):
        low, middle, high = np.quantile(model.factors(sample), (0.0, 0.5, 1.0)).tolist()
        told["factors"] = {"smallest": low, "median": middle, "largest": high}
    return told
