"""How many items of each context can meet another one: what a random pair is drawn by."""


def partnered(pool_active: int, eval_active: int) -> dict[str, int]:
    """What Progress counts of one context: active pool items where there are two of them or more, and active eval items
    where there are two active items or more.

    >>> partnered(1, 1)
    {'pool_partnered': 0, 'eval_partnered': 1}
    """
    return {
        "pool_partnered": pool_active if pool_active > 1 else 0,
        "eval_partnered": eval_active if pool_active + eval_active > 1 else 0,
    }
