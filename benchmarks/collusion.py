"""People who are right everywhere but for one shared lie, among the people of bluebirds: found, and what is left then.

    python -m benchmarks.collusion [--seeds 100] [--gold 20] [--slips 0.0 0.05]

A share of the people is replaced by liars: they say the truth, but of a fifth of the pictures the opposite. Half of the
gold is drawn at random, the other half where people of one mind contradict the others. Printed are the share of liars
and of honest people who are proposed for quarantine, and how many of the target's pictures (gold apart) are right with
the liars and without those who were proposed, by the rules; then the same with no liars at all.
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.consensus import bluebirds
from benchmarks.consensus_pool import AnsweredCrowd
from benchmarks.label_sets import DATA
from learning.core.aggregation import NO_LABEL, RULES, KnownTruth, Votes, votes_of
from learning.core.aggregation.auto import choose
from learning.core.aggregation.collusion import gold_against, lying_together, of_one_mind

SHOWN = ("majority", "gold_weighted", "dawid_skene")


def with_liars(
    crowd: AnsweredCrowd, share: float, slips: float, one_label: bool, seed: int
) -> tuple[Votes, np.ndarray, np.ndarray]:
    """Return the votes once liars took the places of some people, who they are, and the items they lie about."""
    rng = np.random.default_rng(seed)
    votes, truth = crowd.votes, crowd.truth
    fifth = len(truth) // 5
    among = np.flatnonzero(truth == rng.integers(2)) if one_label else np.arange(len(truth))
    target = rng.choice(among, fifth, replace=False)
    liars = rng.choice(votes.n_people, round(share * votes.n_people), replace=False)
    lie = truth.copy()
    lie[target] = 1 - truth[target]
    said = np.where(np.isin(votes.people, liars), lie[votes.items], votes.labels)
    slipped = np.isin(votes.people, liars) & (rng.random(len(votes)) < slips)
    said = np.where(slipped, 1 - said, said)
    columns = votes.items, votes.people, said
    return votes_of(*columns, n_items=votes.n_items, n_people=votes.n_people, n_labels=2), liars, target


def replay(crowd: AnsweredCrowd, share: float, slips: float, one_label: bool, n_gold: int, seed: int) -> list[float]:
    """Return the shares of liars and of honest people proposed, then what is right of the target before and after."""
    votes, liars, target = with_liars(crowd, share, slips, one_label, seed)
    rng = np.random.default_rng([seed, 1])
    known = KnownTruth(np.full(votes.n_items, NO_LABEL))
    at_random = rng.choice(votes.n_items, n_gold - n_gold // 2, replace=False)
    known.gold[at_random] = crowd.truth[at_random]
    there = gold_against(votes, of_one_mind(votes), known, n_gold // 2)
    if len(there) < n_gold // 2:  # nobody to ask about: at random as well
        others = np.setdiff1d(np.flatnonzero(known.gold == NO_LABEL), there)
        there = np.concatenate((there, rng.choice(others, n_gold // 2 - len(there), replace=False)))
    known.gold[there] = crowd.truth[there]
    groups = lying_together(votes, known)
    proposed = np.concatenate([group.people for group in groups]) if groups else np.zeros(0, dtype=np.int64)
    honest = np.setdiff1d(np.arange(votes.n_people), liars)
    rest = np.setdiff1d(target, np.flatnonzero(known.gold != NO_LABEL))
    shares = [np.isin(liars, proposed).mean() if len(liars) else np.nan, np.isin(honest, proposed).mean()]
    for left in (votes, votes.where(~np.isin(votes.people, proposed))):
        results = [RULES.make(name).aggregate(left, known) for name in SHOWN]
        results.append(choose(left, known, rng).result)
        shares += [1.0 - float(result.loss(crowd.truth, rest).mean()) for result in results]
    return shares


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--gold", type=int, nargs="+", default=[20, 10])
    parser.add_argument("--slips", type=float, nargs="+", default=[0.0, 0.05, 0.1])
    given = parser.parse_args()
    if not DATA.exists():
        print(f"skipped: {DATA.name} is absent")
        return
    crowd = bluebirds()
    print(
        "liars, slips, lie about, gold | liars found, honest proposed | right of the target -> without those proposed:"
    )
    print(", ".join((*SHOWN, "auto")))
    for share, slips, one_label in [(0.3, s, label) for label in (False, True) for s in given.slips] + [
        (0.0, 0.0, False)
    ]:
        for n_gold in given.gold:
            rows = np.array([replay(crowd, share, slips, one_label, n_gold, seed) for seed in range(given.seeds)])
            found, honest, *right = rows.mean(axis=0)
            before, after = (", ".join(f"{value:.3f}" for value in part) for part in (right[:4], right[4:]))
            where = "one label" if one_label else "any"
            print(
                f"{share:.2f} {slips:.2f} {where:9s} {n_gold:3d} | {found:.3f} {honest:.4f} | {before} -> {after}",
                flush=True,
            )


if __name__ == "__main__":
    main()
