"""Folds that keep groups whole and labels spread."""

from __future__ import annotations

import numpy as np

from learning.core.arrays import IntArray


def grouped_folds(strata: IntArray, groups: IntArray, n_folds: int, rng: np.random.Generator) -> IntArray:
    """Deal rows into folds: a group stays together, a stratum is spread as evenly as groups allow.

    Groups are taken largest first (equal ones in random order) and each goes to the fold that holds the fewest rows of
    the group's most frequent stratum, then the fewest rows.

    Parameters
    ----------
    strata : ndarray of int, shape (n,)
        What to spread, usually the label.
    groups : ndarray of int, shape (n,)
        Equal numbers stay together.
    n_folds : int
        At least 2.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (n,)
        Fold of every row, in ``range(n_folds)``.

    Raises
    ------
    ValueError
        If there are fewer than two folds.

    Examples
    --------
    >>> folds = grouped_folds(np.array([0, 0, 1, 1]), np.arange(4), 2, np.random.default_rng(0))
    >>> sorted(folds[:2].tolist()), sorted(folds[2:].tolist())
    ([0, 1], [0, 1])
    """
    if n_folds < 2:
        raise ValueError(f"at least two folds are needed, not {n_folds}")
    _, group_of = np.unique(groups, return_inverse=True)
    _, stratum_of = np.unique(strata, return_inverse=True)
    n_groups, n_strata = int(group_of.max()) + 1, int(stratum_of.max()) + 1
    size = np.bincount(group_of, minlength=n_groups)
    if n_groups == group_of.size:
        main = np.empty(n_groups, dtype=np.int64)
        main[group_of] = stratum_of
    else:
        counts = np.zeros((n_groups, n_strata), dtype=np.int64)
        np.add.at(counts, (group_of, stratum_of), 1)
        main = counts.argmax(axis=1)
    order = rng.permutation(n_groups)
    order = order[np.argsort(-size[order], kind="stable")]
    per_stratum = np.zeros((n_strata, n_folds), dtype=np.int64)
    per_fold = np.zeros(n_folds, dtype=np.int64)
    fold_of_group = np.empty(n_groups, dtype=np.int64)
    for group in order:
        stratum = main[group]
        fold = int(np.lexsort((per_fold, per_stratum[stratum]))[0])
        fold_of_group[group] = fold
        per_stratum[stratum, fold] += size[group]
        per_fold[fold] += size[group]
    return np.asarray(fold_of_group[group_of])
