"""What there is to say about each context beside its scores: gaps, cycles, disputes, what would settle most."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.models import Item
from learning.core.pairwise import PairDraws
from learning.core.pairwise.cycles import MAX_CYCLES, circular_triads, pair_counts
from learning.core.pairwise.selection import BRIDGE
from learning.families.pairwise.fit import Placement
from learning.families.pairwise.freeze import NEITHER, Bools, Judged, PairData

NAMED_GAPS = 3
ADVICE = 5
DISPUTED = 2
CYCLES = 20
NAME_CHARACTERS = 40


@dataclass
class ContextFinding:
    """One context; items by their database ids, as PairwiseFinding keeps them."""

    items: int = 0
    judgments: int = 0
    connected: bool = False
    sentence: str = ""
    to_settle: list[tuple[int, int, float, bool]] = field(default_factory=list)
    cycles: list[list[int]] = field(default_factory=list)
    n_cycles: int = 0
    disputed: list[tuple[int, int, dict[str, int]]] = field(default_factory=list)


def findings_of(
    data: PairData, placed: Placement, scores: NDArray[np.float64], draws: PairDraws | None
) -> list[ContextFinding]:
    """By context number."""
    items, learned = data.items, data.learned
    found = [ContextFinding(connected=bool(connected)) for connected in placed.connected]
    per_context = np.bincount(items.context[learned.left], minlength=len(found))
    for number, (size, judged) in enumerate(
        zip(np.bincount(items.context, minlength=len(found)).tolist(), per_context.tolist(), strict=True)
    ):
        found[number].items, found[number].judgments = size, judged
    _add_sentences(found, data, placed, scores)
    _add_disputed(found, data)
    _add_cycles(found, data)
    if draws is not None:
        _add_advice(found, data, draws)
    return found


def _add_sentences(found: list[ContextFinding], data: PairData, placed: Placement, scores: NDArray[np.float64]) -> None:
    gaps = {
        number: gaps_of(np.flatnonzero((data.items.context == number) & ~data.items.held), placed, scores)
        for number, finding in enumerate(found)
        if not finding.connected and not data.contexts.held[number]
    }
    named = {int(item) for _, pairs in gaps.values() for pair in pairs for item in pair}
    names = _names([int(data.items.ids[item]) for item in named])
    for number, finding in enumerate(found):
        if data.contexts.held[number]:
            finding.sentence = "This context is held out to measure the model: its items get scores, but no ranks."
        elif number in gaps:
            parts, pairs = gaps[number]
            called = [tuple(names[int(data.items.ids[item])] for item in pair) for pair in pairs]
            finding.sentence = sentence_of(parts, called)


def gaps_of(
    members: NDArray[np.int64], placed: Placement, scores: NDArray[np.float64]
) -> tuple[int, list[tuple[int, int]]]:
    """How many parts the items fall into, and pairs that would join the largest to the next ones: middle to middle."""
    parts, sizes = np.unique(placed.component[members], return_counts=True)
    by_size = parts[np.argsort(-sizes, kind="stable")][: NAMED_GAPS + 1].tolist()
    middles = [_middle(members[placed.component[members] == part], scores) for part in by_size]
    return int(parts.size), [(middles[0], middle) for middle in middles[1:]]


def _middle(items: NDArray[np.int64], scores: NDArray[np.float64]) -> int:
    return int(items[np.argsort(scores[items], kind="stable")[(items.size - 1) // 2]])


def sentence_of(parts: int, pairs: list[tuple[str, ...]]) -> str:
    """Why there are no ranks, and what to do."""
    if not pairs:
        return "No ranks yet: there are no items to compare."
    asked = "; ".join(f"{one} with {other}" for one, other in pairs)
    more = parts - 1 - len(pairs)
    others = "the other part" if more == 1 else f"each of the {more:,} other parts"
    rest = f"; and one item of {others}" if more > 0 else ""
    return f"No ranks yet: the items fall into {parts:,} parts that were never compared. Compare {asked}{rest}."


def _names(ids: list[int]) -> dict[int, str]:
    """How a sentence calls an item: its external id, else how its text begins."""
    rows = Item.objects.filter(pk__in=ids).values_list("pk", "external_id", "text")
    return {pk: external_id or _short(text) or f"item {pk}" for pk, external_id, text in rows}


def _short(text: str) -> str:
    text = " ".join(text.split())
    cut = text[:NAME_CHARACTERS].rstrip()
    return f"“{cut}…”" if len(text) > len(cut) else f"“{text}”" if text else ""


def _add_disputed(found: list[ContextFinding], data: PairData) -> None:
    """The pairs most people disagree about; repeats are one person's, so they do not count."""
    judged, ids = data.judged, data.items.ids
    first, second, counts = pair_counts(judged.judgments(~judged.repeated, len(ids)))
    smaller = counts[:, :2].min(axis=1)
    for row in np.lexsort((np.abs(counts[:, 0] - counts[:, 1]), -smaller)).tolist():
        if not smaller[row]:
            break
        finding = found[int(data.items.context[first[row]])]
        if len(finding.disputed) < DISPUTED:
            pair = int(first[row]), int(second[row])
            neither = int((_is_of(judged, *pair) & (judged.answer == NEITHER) & ~judged.repeated).sum())
            said = dict(zip(("first", "second", "tie"), counts[row].tolist(), strict=True)) | {"neither": neither}
            finding.disputed.append((int(ids[pair[0]]), int(ids[pair[1]]), said))


def _is_of(judged: Judged, first: int, second: int) -> Bools:
    return ((judged.left == first) & (judged.right == second)) | ((judged.left == second) & (judged.right == first))


def _add_cycles(found: list[ContextFinding], data: PairData) -> None:
    triads = circular_triads(data.learned, limit=MAX_CYCLES)
    contexts = data.items.context[triads.items[:, 0]] if len(triads.items) else np.zeros(0, dtype=np.int64)
    for context, triad in zip(contexts.tolist(), triads.items, strict=True):
        finding = found[context]
        finding.n_cycles += 1
        if len(finding.cycles) < CYCLES:
            finding.cycles.append(data.items.ids[triad].tolist())


def _add_advice(found: list[ContextFinding], data: PairData, draws: PairDraws) -> None:
    closes = np.array([reason == BRIDGE for reason in draws.reason], dtype=bool)
    for row in np.lexsort((-draws.utilities, ~closes)).tolist():
        first, second = int(draws.first[row]), int(draws.second[row])
        finding = found[int(data.items.context[first])]
        if len(finding.to_settle) < ADVICE:
            ids = int(data.items.ids[first]), int(data.items.ids[second])
            finding.to_settle.append((*ids, float(draws.utilities[row]), bool(closes[row])))


def as_fields(finding: ContextFinding) -> dict[str, Any]:
    return dict(vars(finding))
