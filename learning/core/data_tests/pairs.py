"""Defects of judgments between two items: scope, sides, people, and how far the judgments reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import bdtrc

from learning.core.arrays import BoolArray
from learning.core.data_tests.answers import balance_between_batches
from learning.core.data_tests.findings import SIGNIFICANT, Finding, judged, skipped
from learning.core.pairwise import LEFT, TIE, Judgments, components
from learning.core.pairwise.audit import left_rates
from learning.core.pairwise.judgments import IntVector

LEAST_JUDGMENTS = 50
ONE_SIDE = 0.95
ONE_PERSON = 0.9
OUT_OF_SCOPE = 0.1
ITEMS_A_JUDGMENT = 1.0
UNJUDGED = 0.2
DOUBLED = 0.02
LEAST_GOLD, AGAINST_GOLD = 12, 0.25


def pairs_are_pairs(with_itself: int, across: int, not_shown: int) -> list[Finding]:
    """Judge judgments that compare nothing, or what must not be compared.

    Parameters
    ----------
    with_itself, across : int
        Judgments of an item with itself, and between items of two contexts.
    not_shown : int
        Judgments whose left item is neither of the two.

    Returns
    -------
    list of Finding
        ``pairs_of_two_items``, ``pairs_within_contexts`` and ``sides_are_of_the_pair``, all hard.

    Examples
    --------
    >>> [row.outcome for row in pairs_are_pairs(0, 2, 0)]
    ['pass', 'fail', 'pass']
    """
    found = (
        ("pairs_of_two_items", with_itself, "compare an item with itself"),
        ("pairs_within_contexts", across, "compare items of two contexts"),
        ("sides_are_of_the_pair", not_shown, "name an item as left that is not of the pair"),
    )
    advice = "No page or import makes such rows: somebody wrote to the database. Find out who, and take them back."
    return [
        judged(name, n, 0, "judgments", f"{n:,} judgments {what}", advice, hard=True) for name, n, what in found
    ]  # fmt: skip


def held_out_stays_out(n: int) -> Finding:
    """Judge judgments of held-out items among those that are learned from.

    Examples
    --------
    >>> held_out_stays_out(1).words
    '1 judgments of held-out items would be learned from'
    """
    words = f"{n:,} judgments of held-out items would be learned from"
    advice = "An item was moved to the eval split after it was judged. Set it aside, or its pairs."
    return judged("held_out_pairs_are_not_learned", n, 0, "judgments", words, advice, hard=True)


def judgments_in_scope(n_aside: int, n: int) -> Finding:
    """Judge how many judgments are of items or pairs that were set aside.

    Parameters
    ----------
    n_aside, n : int
        Of ``n`` judgments.

    Examples
    --------
    >>> judgments_in_scope(30, 100).outcome
    'warn'
    """
    if n < LEAST_JUDGMENTS:
        return skipped("judgments_in_scope", f"{n:,} judgments, told from {LEAST_JUDGMENTS} on")
    words = f"{n_aside:,} of {n:,} judgments are of items or pairs that were set aside"
    advice = (
        "Look why they were set aside (Items, Ranking): work is being lost, or the import brought what is out of scope."
    )
    return judged("judgments_in_scope", n_aside / n, OUT_OF_SCOPE, "of the judgments", words, advice)


def sides_differ(judgments: Judgments, is_named: BoolArray) -> Finding:
    """Judge whether one side wins nearly always, over everybody.

    Then the side explains every answer, and nothing is left to rank by. It happens with sets that were stored as
    "chosen, rejected". Hard, unless one known person gave all the judgments: then it says something about the person,
    whom the ranking shows as a suspect, and not about the data.

    Parameters
    ----------
    judgments : Judgments
    is_named : ndarray of bool, shape (n_annotators,)
        False for the number that stands for everybody who is not known.

    Examples
    --------
    >>> always = Judgments(np.arange(60), np.arange(1, 61), np.zeros(60, int), 61)
    >>> sides_differ(always, np.zeros(1, bool)).outcome, sides_differ(always, np.ones(1, bool)).outcome
    ('fail', 'warn')
    >>> sides_differ(always.where(np.arange(60) < 40), np.zeros(1, bool)).outcome
    'skipped'
    """
    strict = judgments.outcome != TIE
    n = int(strict.sum())
    if n < LEAST_JUDGMENTS:
        return skipped("both_sides_win", f"{n:,} strict judgments, told from {LEAST_JUDGMENTS} on", hard=True)
    left = int((judgments.outcome == LEFT).sum())
    side, most = ("left", left) if 2 * left >= n else ("right", n - left)
    words = f"the {side} one is preferred in {most:,} of {n:,} strict judgments"
    people = np.unique(judgments.annotator[strict])
    of_one = people.size == 1 and bool(is_named[people[0]])
    advice = "Was the winner always stored on one side? Swap the sides of half the rows at random and import them anew."
    if of_one:
        advice = "One person gave them all: look at them on the tab Ranking. A key held down, or a misread instruction?"
    return judged("both_sides_win", most / n, ONE_SIDE, "of the strict judgments", words, advice, hard=not of_one)


def one_sided_people(judgments: Judgments, is_named: BoolArray) -> Finding:
    """Judge people whose answers follow the side, by :func:`learning.core.pairwise.left_rates`.

    Parameters
    ----------
    judgments : Judgments
    is_named : ndarray of bool, shape (n_annotators,)
        False for the number that stands for everybody who is not known.

    Examples
    --------
    >>> outcome = np.concatenate([np.zeros(40, int), np.arange(40) % 2])
    >>> rows = Judgments(np.zeros(80, int), np.ones(80, int), outcome, 2, np.repeat([0, 1], 40))
    >>> one_sided_people(rows, np.ones(2, bool)).value
    1.0
    """
    strict = int((judgments.outcome != TIE).sum())
    if strict < LEAST_JUDGMENTS:
        return skipped("people_use_both_sides", f"{strict:,} strict judgments, told from {LEAST_JUDGMENTS} on")
    n = int((left_rates(judgments).flagged & is_named[: judgments.n_annotators]).sum())
    words = f"{n} of {int(is_named.sum())} people prefer one side nearly always"
    advice = "Look at them on the tab Ranking: a key held down, or a misread instruction?"
    return judged("people_use_both_sides", n, 0, "people", words, advice)


def sides_between_batches(batches: IntVector, judgments: Judgments) -> Finding:
    """Judge whether the share of winners on the left differs between batches of judgments.

    Parameters
    ----------
    batches : ndarray of int, shape (m,)
        Of each judgment.
    judgments : Judgments

    Returns
    -------
    Finding
        As :func:`balance_between_batches` of the sides, over the first strict judgment of every pair in a batch: others
        of the pair say the same again.

    Examples
    --------
    >>> left = np.concatenate([np.arange(100) % 2, np.arange(100) % 10 > 0]).astype(int)
    >>> rows = Judgments(np.arange(200), np.arange(1, 201), left, 201)
    >>> sides_between_batches(np.arange(200) // 100, rows).outcome
    'warn'
    """
    strict = np.flatnonzero(judgments.outcome != TIE)
    low = np.minimum(judgments.left, judgments.right)[strict]
    high = np.maximum(judgments.left, judgments.right)[strict]
    rows = np.sort(strict[np.unique(np.stack([batches[strict], low, high]), axis=1, return_index=True)[1]])
    won_left = judgments.outcome[rows] == LEFT
    sides = np.stack([won_left, ~won_left], axis=1).astype(np.float64)
    found = balance_between_batches(batches[rows], sides, ["left", "right"])
    words = found.words.replace("imports", "batches").replace("answered items", "judged pairs")
    advice = "Look at the batch that differs: were its sides drawn by a coin, or is something about the page different?"
    unit = "largest change of the left share"
    return replace(
        found, name="sides_between_batches", words=words, unit=unit if found.unit else "",
        advice=advice if found.advice else "",
    )  # fmt: skip


def judgments_of_several(judgments: Judgments, is_named: BoolArray) -> Finding:
    """Judge whether one person gives nearly all judgments though others judge too.

    Parameters
    ----------
    judgments : Judgments
    is_named : ndarray of bool, shape (n_annotators,)
        False for the number that stands for everybody who is not known.

    Examples
    --------
    >>> who = np.repeat([0, 1], [97, 3])
    >>> rows = Judgments(np.zeros(100, int), np.ones(100, int), np.arange(100) % 2, 2, who)
    >>> judgments_of_several(rows, np.ones(2, bool)).value
    0.97
    """
    name = "judgments_of_several_people"
    counts = np.bincount(judgments.annotator, minlength=is_named.size)
    named = counts * is_named
    if len(judgments) < LEAST_JUDGMENTS or (counts > 0).sum() < 2:
        why = f"{len(judgments):,} judgments of {int((counts > 0).sum())} people"
        return skipped(name, f"{why}, told from {LEAST_JUDGMENTS} judgments of two people on")
    words = f"one person gave {int(named.max()):,} of {len(judgments):,} judgments"
    advice = "The ranking is that person's. Let others judge some of the same pairs before it is taken for everybody's."
    return judged(name, float(named.max()) / len(judgments), ONE_PERSON, "of the judgments", words, advice)


def same_pair_once(judgments: Judgments, is_named: BoolArray) -> Finding:
    """Judge how often the same person stands with the same pair again, repeats left out.

    Parameters
    ----------
    judgments : Judgments
        Without the repeats that were asked for.
    is_named : ndarray of bool, shape (n_annotators,)
        False for the number that stands for everybody who is not known.

    Examples
    --------
    >>> rows = Judgments(np.tile(np.arange(50), 2), np.tile(np.arange(1, 51), 2), np.zeros(100, int), 51)
    >>> same_pair_once(rows, np.ones(1, bool)).value
    0.5
    """
    named = judgments.where(is_named[judgments.annotator])
    if len(named) < LEAST_JUDGMENTS:
        return skipped("same_pair_once_a_person", f"{len(named):,} judgments, told from {LEAST_JUDGMENTS} on")
    low, high = np.minimum(named.left, named.right), np.maximum(named.left, named.right)
    n = len(named) - len(np.unique(np.stack([named.annotator, low, high]), axis=1).T)
    words = f"{n:,} of {len(named):,} judgments are by somebody who had judged the pair before"
    advice = "Was a file imported twice under other names, or are several people known by one name?"
    return judged("same_pair_once_a_person", n / len(named), DOUBLED, "of the judgments", words, advice)


def enough_judgments(judgments: Judgments, may: BoolArray, context: IntVector) -> list[Finding]:
    """Judge whether the judgments reach the items: their number, items without any, and graphs with gaps.

    Every project begins with few, and the queue connects items first: said from 50 judgments on, and of gaps and items
    without a judgment only where there are twice as many judgments as items.

    Parameters
    ----------
    judgments : Judgments
    may : ndarray of bool, shape (n_items,)
        Items that can be learned about: those not held out.
    context : ndarray of int, shape (n_items,)

    Returns
    -------
    list of Finding
        ``judgments_for_the_items``, ``items_are_judged`` and ``contexts_are_connected``, of contexts with a judgment.

    Examples
    --------
    >>> ring = np.arange(60)
    >>> rows = Judgments(np.tile(ring, 3), np.tile((ring + 1) % 60, 3), np.zeros(180, int), 62)
    >>> found = enough_judgments(rows, np.ones(62, bool), np.zeros(62, int))
    >>> [(row.outcome, row.value) for row in found][1:]  # two items stand alone
    [('pass', 0.03225806451612903), ('warn', 1.0)]
    """
    names = ("judgments_for_the_items", "items_are_judged", "contexts_are_connected")
    m = len(judgments)
    counts = np.bincount(np.concatenate([judgments.left, judgments.right]), minlength=judgments.n_items)
    begun = np.isin(context, context[judgments.left]) & may
    n_items = int(begun.sum())
    if m < LEAST_JUDGMENTS or not n_items:
        return [skipped(name, f"{m:,} judgments, told from {LEAST_JUDGMENTS} on") for name in names]
    few = judged(
        names[0], n_items / m, ITEMS_A_JUDGMENT, "items a judgment", f"{m:,} judgments for {n_items:,} items",
        "The order is mostly what texts or pictures make one expect. Collect more before it is used.",
    )  # fmt: skip
    of_context = np.bincount(context[judgments.left], minlength=int(context.max()) + 1)
    full = begun & (of_context[context] >= 2 * np.bincount(context[begun], minlength=of_context.size)[context])
    if not full.any():
        return [few, *(skipped(name, "no context has twice as many judgments as items") for name in names[1:])]
    alone = int((counts[full] == 0).sum())
    parts = np.unique(np.stack([context[full], components(judgments)[full]]), axis=1)[0]
    gaps = int((np.bincount(parts) > 1).sum())
    told = int(np.unique(parts).size)
    return [
        few,
        judged(
            names[1], alone / int(full.sum()), UNJUDGED, "of the items",
            f"{alone:,} of {int(full.sum()):,} items have no judgment in contexts with twice as many judgments",
            "Import pairs of these items, or let pairs be drawn from all of them (Settings).",
        ),
        judged(
            names[2], gaps, 0, "contexts", f"{gaps:,} of {told:,} contexts fall into parts nobody compared",
            "The ranking names the items to connect; with given pairs only, import pairs that join the parts.",
        ),
    ]  # fmt: skip


def answers_agree_with_gold(against: int, n: int) -> Finding:
    """Judge strict answers to pairs whose strict answer is known.

    Parameters
    ----------
    against, n : int
        Of ``n`` answers so many prefer the other item.

    Returns
    -------
    Finding
        It warns above a quarter, beyond what chance makes of a tenth.

    Examples
    --------
    >>> answers_agree_with_gold(9, 20).outcome, answers_agree_with_gold(2, 5).outcome
    ('warn', 'skipped')
    """
    if n < LEAST_GOLD:
        return skipped("answers_agree_with_gold", f"{n:,} answers to gold pairs, told from {LEAST_GOLD} on")
    share = against / n
    is_certain = bdtrc(max(against - 1, 0), n, 0.1) < SIGNIFICANT
    words = f"{against:,} of {n:,} answers to gold pairs prefer the other one"
    advice = "Do the gold answers stand on the right side? Else they and the instructions mean different things."
    value = share if is_certain else 0.0
    return judged("answers_agree_with_gold", value, AGAINST_GOLD, "of the answers", words, advice)
