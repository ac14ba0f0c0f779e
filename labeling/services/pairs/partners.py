"""How many items of each context can meet another one: what a random pair is drawn by.

``Progress.pool_partnered`` counts the active pool items whose context has two of them or more, ``eval_partnered`` the
active eval items whose context has two active items or more. Both move with their context under Progress's lock.
"""

from collections import Counter

from django.db.models import F

from labeling.models import Context


def partnered(context: Context) -> dict[str, int]:
    """What Progress counts of one context."""
    active = context.pool_active + context.eval_active
    return {
        "pool_partnered": context.pool_active if context.pool_active > 1 else 0,
        "eval_partnered": context.eval_active if active > 1 else 0,
    }


def count_partners(context: Context, *, pool: int, evals: int, items: int = 0) -> "Counter[str]":
    """Adds active items to a context (negative: takes them out) and returns what moves in Progress.

    Call it while holding the project's Progress row, with the context read under that lock.
    """
    before = partnered(context)
    context.pool_active += pool
    context.eval_active += evals
    context.items += items
    Context.objects.filter(pk=context.pk).update(
        pool_active=F("pool_active") + pool, eval_active=F("eval_active") + evals, items=F("items") + items
    )
    after = partnered(context)
    return Counter({name: after[name] - before[name] for name in after if after[name] != before[name]})
