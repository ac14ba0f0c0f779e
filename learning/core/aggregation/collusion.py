"""People who lie together: right nearly everywhere, and of one mind where they are wrong.

Who lies everywhere is found by any gold. Who is right but for one shared lie passes gold drawn at random better than
honest people, and a consensus that learns whom to trust trusts the liars. Three things give them away together: they
agree better than others on the same items, they are few, and where they contradict the others gold has them wrong at
once. Agreement alone proves nothing: experts agree, too. They are not wrong together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learning.core.aggregation.votes import NO_LABEL, KnownTruth, Votes
from learning.core.arrays import BoolArray, DoubleArray, IntArray

#: How often people of one mind differ all the same.
SLIPS = 0.05
#: What the share of others' votes for a label is drawn towards, in votes: every label alike.
_EVEN_VOTES = 1.0
#: Steps in which tendencies are fitted.
_FITS = 20
#: Odds at which two people are of one mind, times the pairs there are; odds at which a group lies together.
ALIKE_ODDS, LYING_ODDS = 100.0, 1_000.0
#: Gold answers that must be wrong together, and the share of the group that must give them.
LEAST_TOGETHER, TOGETHER = 2, 0.75


@dataclass(frozen=True)
class LyingGroup:
    """People who seem to lie together.

    Parameters
    ----------
    people : ndarray of int, shape (m,)
    items : ndarray of int
        Gold items on which they were wrong together.
    log_odds : float
        Of one mind against as many of their own, by those items.
    """

    people: IntArray
    items: IntArray
    log_odds: float


def of_one_mind(votes: Votes) -> tuple[IntArray, ...]:
    """Return groups of people who agree so well that each might copy another, less than half of all people each.

    Compared are, over the items both answered, the other's answer and a slip now and then with an answer drawn from
    those of everybody else by the person's own :func:`tendencies`. Where nearly all agree that tells nothing.

    Parameters
    ----------
    votes : Votes
        Soft answers and repeats that differ are left out.

    Returns
    -------
    tuple of ndarray of int
        Numbers of people, ascending, at least two a group. Suspects to be asked more gold, nothing worse.

    Examples
    --------
    >>> from learning.core.aggregation.votes import votes_of
    >>> said = np.random.default_rng(0).integers(0, 2, (6, 40))
    >>> said[5] = said[4]
    >>> people, items = np.indices(said.shape)
    >>> votes = votes_of(items.ravel(), people.ravel(), said.ravel(), n_items=40, n_people=6, n_labels=2)
    >>> [group.tolist() for group in of_one_mind(votes)]
    [[4, 5]]
    """
    active = int((np.bincount(votes.people, minlength=votes.n_people) > 0).sum())
    if active < 3:  # of two nobody is few
        return ()
    odds = pair_log_odds(votes)
    np.fill_diagonal(odds, 0.0)
    linked = odds > np.log(ALIKE_ODDS * active * (active - 1) / 2)
    return tuple(group for group in _connected(linked) if 1 < len(group) < active / 2)


def _connected(linked: BoolArray) -> list[IntArray]:
    """Return who hangs together, by chains of links of any length, in order of their first; ``linked`` is symmetric."""
    groups, left = [], np.ones(len(linked), dtype=np.bool_)
    for start in range(len(linked)):
        if not left[start]:
            continue
        group = newest = np.arange(len(linked)) == start
        while newest.any():
            newest = linked[newest].any(axis=0) & ~group
            group = group | newest
        left &= ~group
        groups.append(np.flatnonzero(group))
    return groups


def pair_log_odds(votes: Votes) -> DoubleArray:
    """Return for every two people the log odds of one mind against two, shape (n_people, n_people)."""
    k = votes.n_labels
    votes = votes.where(votes.weights == 1.0)
    counts = votes.summed(np.ones(len(votes)))
    tendency = tendencies(votes)
    apart, together = np.log(SLIPS / max(k - 1, 1)), np.log1p(-SLIPS)
    # what the vote would be without the two themselves, who said the same; or without the one who said it
    alike, own = (_surprise(votes, counts, tendency, but) for but in (2.0, 1.0))
    agreed, met = (together - apart + own - alike) / 2.0, (apart - own) / 2.0
    odds = np.zeros((votes.n_people, votes.n_people))
    # votes are sorted by item: two about one item are so many steps apart at most
    for step in range(int(np.bincount(votes.items).max(initial=0))):
        first = np.flatnonzero(votes.items[: len(votes) - step] == votes.items[step:])
        second = first + step
        worth = met[first] + met[second]
        worth += np.where(votes.labels[first] == votes.labels[second], agreed[first] + agreed[second], 0.0)
        np.add.at(odds, (votes.people[first], votes.people[second]), worth)
    return np.asarray(odds + np.triu(odds, 1).T)


def tendencies(votes: Votes) -> DoubleArray:
    """Return by how much people lean to each label, beside the others on the same items; log odds (n_people, n_labels).

    Somebody who says a label often agrees with others who do, without knowing them.
    """
    k, counts = votes.n_labels, votes.summed(np.ones(len(votes)))
    given = np.bincount(votes.people * k + votes.labels, votes.weights, votes.n_people * k).reshape(-1, k)
    shares = (counts[votes.items] + _EVEN_VOTES / k) / (counts[votes.items].sum(axis=1, keepdims=True) + _EVEN_VOTES)
    leaning = np.zeros((votes.n_people, k))
    for _ in range(_FITS):
        expected = shares * np.exp(leaning[votes.people])
        expected *= (votes.weights / expected.sum(axis=1))[:, None]
        sums = np.column_stack([np.bincount(votes.people, expected[:, label], votes.n_people) for label in range(k)])
        leaning += np.log((given + _EVEN_VOTES / k) / (sums + _EVEN_VOTES / k))
    return leaning


def _surprise(votes: Votes, counts: DoubleArray, tendency: DoubleArray, but: float) -> DoubleArray:
    """Return the log probability of each vote by the others' on the item and its person's tendency."""
    rest = counts[votes.items]
    rest[np.arange(len(votes)), votes.labels] -= but
    likely = (np.maximum(rest, 0.0) + _EVEN_VOTES / votes.n_labels) * np.exp(tendency[votes.people])
    return np.asarray(np.log(likely[np.arange(len(votes)), votes.labels] / likely.sum(axis=1)))


@dataclass(frozen=True)
class AlikeEvidence:
    """How a group answers beside the others.

    Parameters
    ----------
    agreed, met : int
        Answers of two of the group to the same item that are the same, and all of them.
    agreed_outside, met_outside : int
        The same of one of the group and somebody else.
    log_odds : float
        Of one mind against two, by their answers: the median over every two of the group.
    contradicted : ndarray of int, shape (m, 3)
        Items where most of the group say one label and most of the others deny it, the surest first; the label of the
        group, and that of the others.
    """

    agreed: int
    met: int
    agreed_outside: int
    met_outside: int
    log_odds: float
    contradicted: IntArray


def evidence_of(votes: Votes, group: IntArray) -> AlikeEvidence:
    """Return what shows that the group is of one mind.

    Parameters
    ----------
    votes : Votes
    group : ndarray of int
        See :func:`of_one_mind`.

    Returns
    -------
    AlikeEvidence

    Examples
    --------
    >>> from learning.core.aggregation.votes import votes_of
    >>> said = np.array([[0, 0, 1], [0, 0, 1], [1, 0, 0], [1, 0, 0]])
    >>> people, items = np.indices(said.shape)
    >>> votes = votes_of(items.ravel(), people.ravel(), said.ravel(), n_items=3, n_people=4, n_labels=2)
    >>> found = evidence_of(votes, np.array([0, 1]))
    >>> found.agreed, found.met, found.agreed_outside, found.met_outside, found.contradicted.tolist()
    (3, 3, 4, 12, [[0, 0, 1], [2, 1, 0]])
    """
    votes = votes.where(votes.weights == 1.0)
    inside = np.isin(votes.people, group)
    ours, theirs = (some.summed(np.ones(len(some))) for some in (votes.where(inside), votes.where(~inside)))
    n_ours, n_theirs = ours.sum(axis=1), theirs.sum(axis=1)
    odds = pair_log_odds(votes)[np.ix_(group, group)][np.triu_indices(len(group), 1)]
    rows = np.arange(votes.n_items)
    said, usual = ours.argmax(axis=1), theirs.argmax(axis=1)
    share = ours[rows, said] / np.maximum(n_ours, 1.0)
    denied = (theirs[rows, usual] - theirs[rows, said]) / np.maximum(n_theirs, 1.0)
    against = np.flatnonzero((share > TOGETHER) & (n_ours > 1) & (denied > 0))
    against = against[np.argsort(-(share * denied)[against], kind="stable")]
    return AlikeEvidence(
        agreed=round(float((ours * (ours - 1.0)).sum() / 2.0)),
        met=round(float((n_ours * (n_ours - 1.0)).sum() / 2.0)),
        agreed_outside=round(float((ours * theirs).sum())),
        met_outside=round(float((n_ours * n_theirs).sum())),
        log_odds=float(np.median(odds)),
        contradicted=np.column_stack((against, said[against], usual[against])),
    )


def gold_against(votes: Votes, groups: tuple[IntArray, ...], known: KnownTruth, n: int) -> IntArray:
    """Return items whose truth would tell most about groups: where they are sure of what the others deny.

    Parameters
    ----------
    votes : Votes
    groups : tuple of ndarray of int
        See :func:`of_one_mind`.
    known : KnownTruth
        Items whose truth is known already are not asked for.
    n : int
        How many are wanted, over all groups.

    Returns
    -------
    ndarray of int, shape (at most n,)
        The most telling ones first; none where no group contradicts the others.
    """
    most = np.zeros(votes.n_items)
    for group in groups:
        inside = np.isin(votes.people, group)
        ours, theirs = (_shares(votes.where(mask)) for mask in (inside, ~inside))
        label = ours.argmax(axis=1)
        rows = np.arange(votes.n_items)
        against = ours[rows, label] * (theirs.max(axis=1) - theirs[rows, label])
        most = np.maximum(most, np.where(ours[rows, label] > TOGETHER, against, 0.0))
    most[known.gold != NO_LABEL] = 0.0
    order = np.argsort(-most, kind="stable")
    return order[: min(n, int((most > 0).sum()))]


def gold_to_ask(
    votes: Votes, group: IntArray, truth: IntArray, at: IntArray, n: int, rng: np.random.Generator
) -> IntArray:
    """Return gold that a group of one mind would get wrong together, as far as its answers tell.

    That is gold one of them had wrong already, by the share of them who did; and gold that nobody of them has met, by
    how often they contradict the others where these say what is true of it. A shared lie about one label is met by gold
    of that label, therefore.

    Parameters
    ----------
    votes : Votes
    group : ndarray of int
        See :func:`of_one_mind`.
    truth : ndarray of int, shape (m,)
        Labels that are known to be true.
    at : ndarray of int, shape (m,)
        Numbers of the items they belong to; -1 where nobody has answered.
    n : int
        How many are wanted.
    rng : Generator
        Decides between those that tell as much.

    Returns
    -------
    ndarray of int, shape (at most n,)
        Places in ``truth``, the most telling first; none where nothing says that they would be wrong.

    Examples
    --------
    >>> from learning.core.aggregation.votes import votes_of
    >>> said = np.array([[0, 0, 1, 0], [0, 0, 1, 0], [1, 0, 1, 0], [1, 0, 1, 0]])
    >>> people, items = np.indices(said.shape)
    >>> votes = votes_of(items.ravel(), people.ravel(), said.ravel(), n_items=4, n_people=4, n_labels=2)
    >>> truth, at = np.array([0, 1, 1, 1]), np.array([-1, -1, 2, 0])
    >>> gold_to_ask(votes, np.array([0, 1]), truth, at, 3, np.random.default_rng(0)).tolist()
    [3, 1]
    """
    votes = votes.where(votes.weights == 1.0)
    inside = np.isin(votes.people, group)
    ours, theirs = (some.summed(np.ones(len(some))) for some in (votes.where(inside), votes.where(~inside)))
    usual = theirs.argmax(axis=1)
    beside = (ours.sum(axis=1) > 1) & (theirs.sum(axis=1) > 0)
    met = np.bincount(usual[beside], minlength=votes.n_labels)
    against = np.bincount(evidence_of(votes, group).contradicted[:, 2], minlength=votes.n_labels)
    telling = (against / np.maximum(met, 1))[truth]
    there = np.flatnonzero(at >= 0)
    given = ours[at[there]]
    answered = given.sum(axis=1)
    wrong = 1.0 - given[np.arange(len(there)), truth[there]] / np.maximum(answered, 1.0)
    telling[there] = np.where(answered > 0, wrong, telling[there])
    order = np.lexsort((rng.random(len(truth)), -telling))
    return order[: min(n, int((telling > 0).sum()))]


def lying_together(votes: Votes, known: KnownTruth) -> tuple[LyingGroup, ...]:
    """Return the groups of one mind whom gold has wrong together.

    Counted are gold items that most of a group gave the same wrong label: one mind says it once and all follow, minds
    of their own say it as often as everybody else. A label that is wrong for most people tells little, therefore.

    Parameters
    ----------
    votes : Votes
    known : KnownTruth

    Returns
    -------
    tuple of LyingGroup

    Examples
    --------
    >>> from learning.core.aggregation.votes import votes_of
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 2, 90)
    >>> said = np.where(rng.random((12, 90)) < 0.7, truth, 1 - truth)
    >>> said[8:] = np.where(np.arange(90) < 18, 1 - truth, truth)  # the last four lie about the first 18
    >>> people, items = np.indices(said.shape)
    >>> votes = votes_of(items.ravel(), people.ravel(), said.ravel(), n_items=90, n_people=12, n_labels=2)
    >>> gold = np.where(np.isin(np.arange(90), [1, 4, 7, 10, 30, 60]), truth, -1)
    >>> [(group.people.tolist(), group.items.tolist()) for group in lying_together(votes, KnownTruth(gold))]
    [([8, 9, 10, 11], [1, 4, 7, 10])]
    """
    found = (_judged(votes, known, group) for group in of_one_mind(votes))
    return tuple(
        group for group in found if len(group.items) >= LEAST_TOGETHER and group.log_odds >= np.log(LYING_ODDS)
    )


def _judged(votes: Votes, known: KnownTruth, group: IntArray) -> LyingGroup:
    tested: BoolArray = known.gold[votes.items] != NO_LABEL
    inside = np.isin(votes.people, group)
    ours, theirs = (votes.where(tested & mask) for mask in (inside, ~inside))
    counts = ours.summed(np.ones(len(ours)))
    members = counts.sum(axis=1)
    gold = np.flatnonzero((known.gold != NO_LABEL) & (members > 1))
    wrong = counts.copy()
    wrong[gold, known.gold[gold]] = 0.0
    label = wrong.argmax(axis=1)
    told = gold[wrong[gold, label[gold]] >= TOGETHER * members[gold]]
    said, of = counts[told, label[told]], members[told]
    leaning = np.exp(tendencies(votes)[group].mean(axis=0))
    likely = (theirs.summed(np.ones(len(theirs)))[told] + _EVEN_VOTES / votes.n_labels) * leaning
    usual = likely[np.arange(len(told)), label[told]] / likely.sum(axis=1)
    follow = (said - 1.0) * (np.log1p(-SLIPS) - np.log(usual))
    slip = (of - said) * (np.log(SLIPS) - np.log(np.maximum(1.0 - usual, SLIPS)))
    return LyingGroup(group, told, float((follow + slip).sum()))


def _shares(votes: Votes) -> DoubleArray:
    counts = votes.summed(np.ones(len(votes)))
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0))
