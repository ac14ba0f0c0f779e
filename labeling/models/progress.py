from django.db import models
from django.db.models import F, Q


class Progress(models.Model):
    """Counts of one project, moved by ``F()`` in the transaction that makes them true.

    Counting a million rows for every question would make serving depend on the size of the pool. The row is updated
    last in its transaction, so that its lock is held for the shortest time. ``manage.py recount --check`` proves it.
    """

    project = models.OneToOneField("labeling.Project", on_delete=models.CASCADE, primary_key=True)
    next_ordinal = models.BigIntegerField(default=0)
    pool_items = models.BigIntegerField(default=0)
    eval_items = models.BigIntegerField(default=0)
    pool_open = models.BigIntegerField(
        default=0, help_text="Pool items with a free slot: what a random draw picks from."
    )
    eval_open = models.BigIntegerField(default=0)
    pool_done = models.BigIntegerField(
        default=0, help_text="Pool items (pairwise: pairs) with all the answers they need."
    )
    eval_done = models.BigIntegerField(default=0)
    set_aside = models.BigIntegerField(default=0, help_text="Items taken out as broken, out of scope or unclear.")
    annotations = models.BigIntegerField(default=0, help_text="Current answers by people, take-backs excluded.")
    imported_annotations = models.BigIntegerField(default=0)
    draws = models.BigIntegerField(default=0, help_text="Tasks drawn from the pool so far.")
    changes = models.BigIntegerField(
        default=0, help_text="Moves by the answers that stop counting, or count again, without a new one."
    )
    reopened = models.BigIntegerField(default=0, help_text="Moves whenever an item may have become open again.")

    # pairwise projects; an item is partnered when its context has another one it can meet in its split's draw
    pairs = models.BigIntegerField(default=0, help_text="Pairs that were given, queued or asked.")
    pool_partnered = models.BigIntegerField(default=0, help_text="Pool items that a random pair begins with.")
    eval_partnered = models.BigIntegerField(default=0, help_text="Eval items that an eval pair begins with.")
    given_pool_open = models.BigIntegerField(default=0, help_text="Given pool pairs with a free slot.")
    given_eval_open = models.BigIntegerField(default=0)
    contexts = models.BigIntegerField(default=0, help_text="Contexts: the next one's ordinal.")

    class Meta:
        verbose_name_plural = "progress"
        constraints = [
            models.CheckConstraint(
                condition=Q(pool_open__gte=0, eval_open__gte=0, pool_done__gte=0, eval_done__gte=0),
                name="progress_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(pool_open__lte=F("pool_items"), eval_open__lte=F("eval_items")),
                name="progress_open_at_most_all",
            ),
        ]

    def __str__(self) -> str:
        return f"progress of {self.project_id}"
