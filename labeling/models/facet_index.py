"""What items can be found by: for every value of a facet the items that have it, as bits by ordinal."""

from typing import Any

from django.db import models
from django.utils import timezone


class FacetIndex(models.Model):
    """How much of a project its index of items knows (decision 0100).

    ``items``: ordinals below are in it. ``seen``: the newest annotation in it; ``settled``: nothing older can still be
    committed, and there were ``since_settled`` annotations between the two. ``moved`` are the counts of Progress, and
    ``scheme`` names the labels and the people left out, under which it was written.

    ``generation`` names the facets of the model's predictions, ``model`` the version they are of, ``predicted`` how
    many items it knew; ``says`` is what it says: lists of labels, by the number that stands in the blocks.

    ``map_number`` names the map that is shown, ``mapped`` how many items have a place on it (decision 0108).
    """

    project = models.OneToOneField("labeling.Project", on_delete=models.CASCADE, primary_key=True, related_name="+")
    items = models.BigIntegerField(default=0)
    worded = models.BigIntegerField(default=0, help_text="Words of the ordinals below can be looked for.")
    settled = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    since_settled = models.BigIntegerField(default=0)
    moved = models.JSONField(default=list)
    scheme = models.CharField(max_length=64, blank=True, default="")
    generation = models.PositiveIntegerField(default=0)
    model = models.PositiveIntegerField(null=True)
    predicted = models.BigIntegerField(default=0)
    says: Any = models.JSONField(default=list)
    levels: Any = models.JSONField(default=dict, help_text="{level: [least, most]} of how sure the model is.")
    map_number = models.PositiveIntegerField(null=True)
    mapped = models.BigIntegerField(default=0, db_default=0)
    updated_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(null=True, help_text="When a worker was last asked to go on, or went on.")

    class Meta:
        verbose_name_plural = "facet indexes"

    def __str__(self) -> str:
        return f"index of project {self.project_id}"


class FacetBlock(models.Model):
    """The items of one value among 65,536 ordinals (``labeling/db/bitmaps.py`` says how they are written).

    ``block`` is ``ordinal // 65536``. Below 0 it is a summary of 16 blocks: ``n`` counts all of them, ``bits`` are a
    sample. Names of facets that begin with ``~`` hold orders and numbers, not bits.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    facet = models.CharField(max_length=24)
    value = models.CharField(max_length=200)
    block = models.IntegerField()
    n = models.PositiveIntegerField()
    bits = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "facet", "value", "block"], name="facet_block_once"),
        ]

    def __str__(self) -> str:
        return f"{self.facet}={self.value} block {self.block}"


class WordBlock(models.Model):
    """The items that hold one word among 65,536 ordinals, written as a ``FacetBlock`` is (decision 0107).

    ``word`` is folded (``labeling/db/folded_words.py``) and in UTF-8, whose order both databases share. One that ends
    in ``*`` is all words that begin so; there are such rows for beginnings of up to three characters.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    word = models.BinaryField()
    block = models.IntegerField()
    n = models.PositiveIntegerField()
    bits = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "word", "block"], name="word_block_once")]

    def __str__(self) -> str:
        return f"{bytes(self.word).decode(errors='replace')} block {self.block}"
