"""Defects of answers: labels, people, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import bdtrc, chdtrc

from learning.core.arrays import BoolArray, DoubleArray, IntArray
from learning.core.data_tests.findings import SIGNIFICANT, Finding, holm, judged, skipped

ROWS_FOR_ONE_LABEL = 50
ANSWERS_PER_LABEL = 30
LEAST_OF_A_LABEL = 2
ROWS_OF_A_BATCH = 30
BALANCE_MOVED = 0.1
_EXPECTED = 5.0
ANSWERS_OF_A_PERSON = 20
ONE_SIDED = 0.95
CONTRADICTIONS = 0.02
LEAST_CONTRADICTIONS = 3
TOO_FAST_MS = 150
TOO_FAST_SHARE = 0.05
CLOCK_SLACK_S = 300.0


def labels_in_set(unknown: Mapping[str, int]) -> Finding:
    """Judge answers that give labels the project does not have.

    Parameters
    ----------
    unknown : mapping of str to int
        Answers by label that is neither in use nor archived.

    Examples
    --------
    >>> labels_in_set({"sapm": 3}).words
    '3 answers give labels not in the set: sapm'
    """
    n = sum(unknown.values())
    words = "every answer is in the label set"
    if n:
        give = "answer gives a label" if n == 1 else "answers give labels"
        words = f"{n:,} {give} not in the set: {', '.join(sorted(unknown)[:5])}"
    advice = "Add the labels to the project, or have these items answered again: a run would silently leave them out."
    return judged("labels_in_set", n, 0, "answers", words, advice, hard=True)


def labels_in_use(archived: Mapping[str, int]) -> Finding:
    """Judge answers that give labels which are not given any more.

    Nothing is learned from them, and nothing measured by them: an item that had such a label may be any of those there
    are now. That is no error, and it is said how many they are.

    Parameters
    ----------
    archived : mapping of str to int
        Answers by archived label.

    Examples
    --------
    >>> labels_in_use({"other": 3, "misc": 1}).words
    'answers give archived labels and are left out: other 3, misc 1'
    """
    n = sum(archived.values())
    words = "every label that was given is in use"
    if n:
        most_first = sorted(archived.items(), key=lambda found: (-found[1], found[0]))
        named = ", ".join(f"{label} {count:,}" for label, count in most_first[:5])
        words = f"answers give archived labels and are left out: {named}{', …' if len(archived) > 5 else ''}"
    advice = "Take the labels into the set again, or have these items answered again. A label that is only called"
    advice += " otherwise keeps its answers if it is renamed (Settings, Labels)."
    return judged("labels_in_use", n, 0, "answers", words, advice)


def more_than_one_label(targets: DoubleArray, names: Sequence[str]) -> Finding:
    """Judge whether there is anything to tell apart.

    One label so far is how every project begins: said from 50 answers on, and never hard, for the pool must be ranked
    all the same.

    Parameters
    ----------
    targets : ndarray of shape (n, n_labels)
    names : sequence of str

    Examples
    --------
    >>> more_than_one_label(np.tile([1.0, 0.0], (60, 1)), ["ham", "spam"]).outcome
    'warn'
    >>> more_than_one_label(np.tile([1.0, 0.0], (9, 1)), ["ham", "spam"]).outcome
    'skipped'
    """
    name = "more_than_one_label"
    if len(targets) < ROWS_FOR_ONE_LABEL or len(names) < 2:
        return skipped(name, f"{len(targets):,} answered items, told from {ROWS_FOR_ONE_LABEL} on")
    columns = np.unique(targets > 0, axis=0)
    words = "answers differ"
    if len(columns) == 1:
        given = [label for label, is_given in zip(names, columns[0], strict=True) if is_given]
        words = f"all {len(targets):,} answers are the same: {', '.join(given[:5]) or 'no label'}"
    advice = "Look whether the label set fits the items; until a second answer comes nothing can be learned."
    return judged(name, float(len(columns) == 1), 0, "", words, advice)


def answers_per_label(targets: DoubleArray, names: Sequence[str]) -> Finding:
    """Judge whether a label stays without answers although there are plenty.

    Parameters
    ----------
    targets : ndarray of shape (n, n_labels)
    names : sequence of str

    Returns
    -------
    Finding
        Skipped below 30 answered items per label; the number is how many labels have fewer than 2 answers.

    Examples
    --------
    >>> answers_per_label(np.tile([1.0, 0.0], (90, 1)), ["ham", "spam"]).words
    'fewer than 2 answers each: spam'
    """
    name = "answers_per_label"
    if len(targets) < ANSWERS_PER_LABEL * len(names) or len(names) < 2:
        return skipped(name, f"{len(targets):,} answered items, told from {ANSWERS_PER_LABEL * len(names):,} on")
    counts = (targets > 0).sum(axis=0)
    few = [names[number] for number in np.flatnonzero(counts < LEAST_OF_A_LABEL).tolist()]
    words = f"the rarest label has {int(counts.min()):,} answers"
    if few:
        words = f"fewer than {LEAST_OF_A_LABEL} answers each: {', '.join(few[:5])}{', …' if len(few) > 5 else ''}"
    advice = "Look for items with these labels and import them, or archive the labels: they cannot be learned."
    return judged(name, len(few), 0, "labels", words, advice)


def balance_between_batches(batches: IntArray, targets: DoubleArray, names: Sequence[str]) -> Finding:
    """Judge whether imports differ in how often the labels occur.

    Each import of at least 30 answered items is compared with all others together: chi-square over the labels (those
    expected fewer than five times pooled) for one label per item, else label by label. It warns when the p-value,
    adjusted for the number of comparisons, is below 0.001 and some share moved by at least 0.1: a difference that is
    certain but small is of no consequence.

    Parameters
    ----------
    batches : ndarray of int, shape (n,)
        The import each item came by. Only items drawn at random: what a strategy picks is never balanced.
    targets : ndarray of shape (n, n_labels)
    names : sequence of str

    Examples
    --------
    >>> targets = np.repeat(np.eye(2), [60, 60], axis=0)
    >>> balance_between_batches(np.arange(120) // 60, targets, ["ham", "spam"]).outcome
    'warn'
    >>> balance_between_batches(np.arange(120) % 2, targets, ["ham", "spam"]).outcome
    'pass'
    """
    name = "label_balance_between_imports"
    numbers, inverse, sizes = np.unique(batches, return_inverse=True, return_counts=True)
    large = np.flatnonzero((sizes >= ROWS_OF_A_BATCH) & (len(batches) - sizes >= ROWS_OF_A_BATCH))
    if len(large) == 0 or len(names) < 2:
        return skipped(name, "no two imports with enough answered items")
    given = (targets > 0.5).astype(np.float64)
    counts = np.zeros((len(numbers), given.shape[1]))
    np.add.at(counts, inverse, given)
    single = bool((given.sum(axis=1) == 1).all())
    p_values: list[float] = []
    moved: list[float] = []
    where: list[int] = []
    for batch in large:
        here, there = counts[batch], counts.sum(axis=0) - counts[batch]
        n_here, n_there = float(sizes[batch]), float(len(batches) - sizes[batch])
        shift = np.abs(here / n_here - there / n_there)
        tables = [(here, there)] if single else _by_label(here, there, n_here, n_there)
        p_values += [_chi_square(*table) for table in tables]
        moved += [float(shift.max())] if single else shift.tolist()
        where += [int(shift.argmax())] if single else list(range(len(shift)))
    adjusted, shifts = holm(np.array(p_values)), np.array(moved)
    certain = adjusted < SIGNIFICANT
    value = float(shifts[certain].max(initial=0.0))
    words = f"no certain difference between {len(numbers)} imports"
    if certain.any():
        worst = int(np.argmax(np.where(certain, shifts, -1.0)))
        words = f"the share of {names[where[worst]]!r} differs by {shifts[worst]:.2f} between imports"
    advice = "Look at the newest import: other origin, other time, or other instructions? The model may not fit both."
    return judged(name, value, BALANCE_MOVED, "largest change of a label's share", words, advice)


def _by_label(
    here: DoubleArray, there: DoubleArray, n_here: float, n_there: float
) -> list[tuple[DoubleArray, DoubleArray]]:
    return [
        (np.array([with_it, n_here - with_it]), np.array([there[label], n_there - there[label]]))
        for label, with_it in enumerate(here)
    ]  # fmt: skip


def _chi_square(here: DoubleArray, there: DoubleArray) -> float:
    """P-value of the hypothesis that two rows of counts have the same shares; rare columns are pooled."""
    both = here + there
    share = here.sum() / both.sum()
    rare = both * min(share, 1.0 - share) < _EXPECTED
    table = np.stack((here, there))
    table = np.column_stack((table[:, ~rare], table[:, rare].sum(axis=1)))
    table = table[:, table.sum(axis=0) > 0]
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    # what stays too rare even together has no say
    keep = expected.min(axis=0) >= _EXPECTED
    if keep.sum() < 2:
        return 1.0
    statistic = float(((table - expected)[:, keep] ** 2 / expected[:, keep]).sum())
    return float(chdtrc(keep.sum() - 1, statistic))


def one_sided_annotators(annotators: IntArray, labels: IntArray) -> Finding:
    """Judge people who give one label nearly always while the others do not.

    Parameters
    ----------
    annotators, labels : ndarray of int, shape (n,)
        Answers to items drawn at random, so that everybody had the same chances.

    Returns
    -------
    Finding
        The number is how many people gave one label in 95 % of at least 20 answers and more often than chance allows
        by the share of the others (binomial, adjusted for the number of people, p < 0.001).

    Examples
    --------
    >>> people = np.repeat([1, 2], 40)
    >>> one_sided_annotators(people, np.where(people == 1, 0, np.arange(80) % 2)).value
    1.0
    """
    name = "one_sided_annotators"
    numbers, inverse, answers = np.unique(annotators, return_inverse=True, return_counts=True)
    asked = np.flatnonzero((answers >= ANSWERS_OF_A_PERSON) & (len(labels) - answers >= ANSWERS_OF_A_PERSON))
    if len(asked) == 0:
        return skipped(name, "no two people with enough answers to items drawn at random")
    counts = np.zeros((len(numbers), int(labels.max()) + 1), dtype=np.int64)
    np.add.at(counts, (inverse, labels), 1)
    mine = counts[asked]
    favourite = mine.argmax(axis=1)
    top = mine[np.arange(len(asked)), favourite]
    others = counts.sum(axis=0)[favourite] - top
    share = (others + 1.0) / (len(labels) - answers[asked] + 2.0)
    p_values = bdtrc(np.maximum(top - 1, 0).astype(float), answers[asked], share)
    suspects = (top >= ONE_SIDED * answers[asked]) & (holm(np.asarray(p_values)) < SIGNIFICANT)
    n = int(suspects.sum())
    words = f"{n} of {len(asked)} people nearly always give one label, which others do not"
    advice = "Look at their answers (Members): a misread instruction, or a key held down? Ask them, then revise."
    return judged(name, n, 0, "people", words, advice)


def equal_items_equal_labels(contents: IntArray, labels: IntArray) -> Finding:
    """Judge contradictory labels on equal content.

    Parameters
    ----------
    contents : ndarray of int, shape (n,)
        Equal numbers for items that say the same.
    labels : ndarray of int, shape (n,)
        Their label (of several labels: one number per combination).

    Returns
    -------
    Finding
        The number is the share of answered items that contradict another one; from three contradictions on.

    Examples
    --------
    >>> equal_items_equal_labels(np.arange(100) // 2, np.arange(100) % 2).outcome
    'warn'
    """
    name = "equal_items_equal_labels"
    if len(contents) < 2:
        return skipped(name, "fewer than two answered items")
    order = np.lexsort((labels, contents))
    content, label = contents[order], labels[order]
    starts = np.flatnonzero(np.r_[True, content[1:] != content[:-1]])
    sizes = np.diff(np.r_[starts, len(content)])
    ends = starts + sizes - 1
    torn = label[starts] != label[ends]
    n_torn, n_items = int(torn.sum()), int(sizes[torn].sum())
    value = n_items / len(contents) if n_torn >= LEAST_CONTRADICTIONS else 0.0
    words = f"{n_torn:,} contents stand with different labels on {n_items:,} items"
    advice = "Decide these items in review, and say in the instructions which label it is."
    return judged(name, value, CONTRADICTIONS, "of the answered items", words, advice)


def plausible_durations(elapsed_ms: IntArray) -> Finding:
    """Judge answers faster than anybody can look.

    Parameters
    ----------
    elapsed_ms : ndarray of int, shape (n,)
        Of people's answers, where it is known.

    Examples
    --------
    >>> plausible_durations(np.full(40, 20)).outcome
    'warn'
    """
    name = "plausible_durations"
    if len(elapsed_ms) < ANSWERS_OF_A_PERSON:
        return skipped(name, "too few answers with a duration")
    n = int((elapsed_ms < TOO_FAST_MS).sum())
    words = f"{n:,} of {len(elapsed_ms):,} answers took less than {TOO_FAST_MS} ms"
    advice = "Look who gave them: a script, or a key held down?"
    return judged(name, n / len(elapsed_ms), TOO_FAST_SHARE, "of the answers", words, advice)


def plausible_timestamps(answered_at: DoubleArray, item_created_at: DoubleArray, now: float) -> Finding:
    """Judge answers older than their item or from the future, beyond five minutes.

    Parameters
    ----------
    answered_at, item_created_at : ndarray of float64, shape (n,)
        Seconds.
    now : float

    Examples
    --------
    >>> plausible_timestamps(np.array([50.0, 5000.0]), np.zeros(2), now=100.0).value
    1.0
    """
    name = "plausible_timestamps"
    if len(answered_at) == 0:
        return skipped(name, "no answers")
    odd: BoolArray = (answered_at > now + CLOCK_SLACK_S) | (answered_at < item_created_at - CLOCK_SLACK_S)
    n = int(odd.sum())
    words = f"{n:,} of {len(answered_at):,} answers are from the future or older than their item"
    advice = "Set the clocks of the machines right: order and rate of the answers are not to be trusted."
    return judged(name, n, 0, "answers", words, advice)
