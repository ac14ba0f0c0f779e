"""Moves the active items of a context and what Progress counts of them (selectors/partners)."""

from collections import Counter

from django.db.models import F

from labeling.models import Context
from labeling.selectors.partners import partnered


def count_partners(context: Context, *, pool: int, evals: int, items: int = 0) -> "Counter[str]":
    """Adds active items to a context (negative: takes them out) and returns what moves in Progress.

    Call it while holding the project's Progress row, with the context read under that lock.
    """
    before = partnered(context.pool_active, context.eval_active)
    context.pool_active += pool
    context.eval_active += evals
    context.items += items
    Context.objects.filter(pk=context.pk).update(
        pool_active=F("pool_active") + pool, eval_active=F("eval_active") + evals, items=F("items") + items
    )
    after = partnered(context.pool_active, context.eval_active)
    return Counter({name: after[name] - before[name] for name in after if after[name] != before[name]})
