"""People who are right everywhere but for one shared lie, among the people of bluebirds: found, and what is left then.

    python -m benchmarks.collusion [--seeds 100] [--gold 20] [--slips 0.0 0.05]
    python -m benchmarks.collusion --aimed [--seeds 200]

A share of the people is replaced by liars: they say the truth, but of a fifth of the pictures the opposite. Half of the
gold is drawn at random, the other half where people of one mind contradict the others. Printed are the share of liars
and of honest people who are proposed for quarantine, and how many of the target's pictures (gold apart) are right with
the liars and without those who were proposed, by the rules; then the same with no liars at all.

``--aimed``: twelve simulated people, each asked so many of 240 items of known answer, all at random or, of people of
one mind, half of them chosen (decision 0095). Four say one label where another is true, in two of five such items; or
all twelve are honest; or two of them, also honest, have learned from one book and err alike. Printed are the shares of
runs in which all liars, and in which anybody honest, are proposed.
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.consensus import bluebirds
from benchmarks.consensus_pool import AnsweredCrowd
from benchmarks.open_data import DATA
from learning.core.aggregation import NO_LABEL, RULES, KnownTruth, Votes, votes_of
from learning.core.aggregation.auto import choose
from learning.core.aggregation.collusion import gold_against, gold_to_ask, lying_together, of_one_mind

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


N_ITEMS, N_KNOWN, RIGHT, LIED = 400, 240, 0.85, 0.4


def mixed_people(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what twelve people would say of every item, the truth of three labels, and who lies."""
    truth = rng.integers(0, 3, N_ITEMS)

    def erring() -> np.ndarray:
        return np.where(rng.random(N_ITEMS) < RIGHT, truth, rng.integers(0, 3, N_ITEMS))

    said = np.array([erring() for _ in range(12)])
    if kind == "liars":
        lie = np.where((truth == 0) & (rng.random(N_ITEMS) < LIED), 1, truth)
        said[8:] = np.where(rng.random((4, N_ITEMS)) < 0.02, said[8:], lie)
        return said, truth, np.arange(8, 12)
    if kind == "one book":
        said[11] = np.where(rng.random(N_ITEMS) < 0.02, said[11], said[10])
    return said, truth, np.zeros(0, dtype=np.int64)


def proposed_by_gold(kind: str, n_gold: int, aimed: bool, seed: int) -> tuple[bool, bool]:
    """Return whether all liars, and whether anybody honest, are proposed once each was asked so much gold."""
    rng = np.random.default_rng([seed, n_gold])
    said, truth, liars = mixed_people(kind, rng)
    known = np.arange(N_ITEMS - N_KNOWN, N_ITEMS)
    asked = np.zeros(said.shape, dtype=bool)
    asked[:, : known[0]] = rng.random((12, known[0])) < 0.5

    def votes() -> Votes:
        people, items = np.nonzero(asked)
        return votes_of(items, people, said[people, items], n_items=N_ITEMS, n_people=12, n_labels=3)

    groups = of_one_mind(votes()) if aimed else ()
    for step in range(n_gold):
        for person in range(12):
            free = known[~asked[person, known]]
            group = next((group for group in groups if person in group), None)
            if group is not None and step % 2:
                at = np.where(asked[group][:, known].any(axis=0), known, -1)
                chosen = known[gold_to_ask(votes(), group, truth[known], at, 16, np.random.default_rng(seed))]
                free = np.intersect1d(chosen, free) if len(np.intersect1d(chosen, free)) else free
            asked[person, rng.choice(free)] = True
    gold = np.where(np.isin(np.arange(N_ITEMS), known), truth, NO_LABEL)
    lying = lying_together(votes(), KnownTruth(gold))
    found = np.concatenate([group.people for group in lying]) if lying else np.zeros(0, dtype=np.int64)
    return len(liars) > 0 and bool(np.isin(liars, found).all()), bool((~np.isin(found, liars)).any())


def measure_aimed(seeds: int, n_golds: list[int]) -> None:
    """Print how often gold finds liars, drawn at random and chosen."""
    print("people, gold each | liars found, honest proposed: all at random -> half of it chosen")
    for kind in ("liars", "one book", "honest"):
        for n_gold in n_golds:
            told = []
            for aimed in (False, True):
                rows = np.array([proposed_by_gold(kind, n_gold, aimed, seed) for seed in range(seeds)])
                told.append(", ".join(f"{share:.3f}" for share in rows.mean(axis=0)))
            print(f"{kind:9s} {n_gold:3d} | {' -> '.join(told)}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--gold", type=int, nargs="+", default=[20, 10])
    parser.add_argument("--slips", type=float, nargs="+", default=[0.0, 0.05, 0.1])
    parser.add_argument("--aimed", action="store_true", help="gold chosen for people of one mind, simulated")
    given = parser.parse_args()
    if given.aimed:
        measure_aimed(given.seeds, given.gold)
        return
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
