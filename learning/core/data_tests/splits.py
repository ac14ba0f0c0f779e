"""The eval split must not know the pool."""

from __future__ import annotations

from learning.core.data_tests.findings import Finding, judged, skipped

NEAR_LIMIT = 0.01
_ADVICE = "Set these items of the eval split aside (Items, split eval): what is measured on them is not to be trusted."


def duplicates_across_splits(same: int, near: int, group: int, n_eval: int) -> list[Finding]:
    """Judge what of the eval split the pool knows already.

    Equal contents and members of one group are kept together by the import, so a single one means that something is
    wrong. Almost equal contents are told by a heuristic: up to 1 % of the eval items only make the estimate a little
    too good.

    Parameters
    ----------
    same, near, group : int
        Eval items with an equal content, an almost equal content, a member of their group in the pool.
    n_eval : int
        Items of the eval split.

    Returns
    -------
    list of Finding
        ``same_item_in_both_splits`` and ``group_in_both_splits`` (hard), ``near_duplicates_in_both_splits``.

    Examples
    --------
    >>> [row.outcome for row in duplicates_across_splits(0, 3, 1, 100)]
    ['pass', 'fail', 'warn']
    """
    names = ("same_item_in_both_splits", "group_in_both_splits", "near_duplicates_in_both_splits")
    if n_eval == 0:
        return [skipped(name, "no eval split", hard=name != names[2]) for name in names]
    share = near / n_eval
    equal = f"{same:,} of {n_eval:,} eval items are in the pool too"
    together = f"{group:,} of {n_eval:,} eval items have members of their group in the pool"
    almost = f"{near:,} of {n_eval:,} eval items are almost the same as one of the pool"
    return [
        judged(names[0], same, 0, "eval items", equal, _ADVICE, hard=True),
        judged(names[1], group, 0, "eval items", together, _ADVICE, hard=True),
        judged(names[2], share, NEAR_LIMIT, "of the eval items", almost, _ADVICE),
    ]
