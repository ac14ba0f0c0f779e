from collections.abc import KeysView

from django.db import models
from django.db.models import Q


class LabelQuerySet(models.QuerySet["Label"]):
    def in_use(self) -> "LabelQuerySet":
        return self.filter(archived=False)

    def names(self) -> KeysView[str]:
        """Names in use, in the order of the set; quick to look a name up in."""
        return self.in_use().all_names()

    def all_names(self) -> KeysView[str]:
        """The same with the archived ones."""
        return dict.fromkeys(self.values_list("name", flat=True)).keys()

    def all_keys(self) -> KeysView[str]:
        """What answers say for them, archived ones too, in the order of the set."""
        return dict.fromkeys(key or name for key, name in self.values_list("key", "name")).keys()


class Label(models.Model):
    """A value of a project's label set. Archived labels stay valid in old answers and cannot be given any more.

    Answers, models and eval answers say the label's ``identity``, which is the name it had first: whatever it is called
    later, they are its own. ``selectors/label_names.py`` reads and writes them by the name of now.
    An identity never changes its meaning: what labels are merged into, and what one is split into, are labels of their
    own (decision 0089).
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=200)
    hotkey = models.CharField(max_length=1, blank=True)
    description = models.CharField(max_length=500, blank=True)
    position = models.PositiveIntegerField(default=0)
    archived = models.BooleanField(default=False)
    key = models.CharField(
        max_length=220, blank=True, default="", db_default="", editable=False,
        help_text="What answers say for it where that is not its name.",
    )  # fmt: skip
    former_names = models.JSONField(default=list, blank=True, editable=False, help_text="Oldest first.")
    examples = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), blank=True, editable=False,
        help_text="Texts that say by example what the label means.",
    )  # fmt: skip
    read_as = models.CharField(
        max_length=220, blank=True, default="", db_default="", editable=False,
        help_text="The identity of the label that it was merged into: answers that give this one are read as that one.",
    )  # fmt: skip
    is_split = models.BooleanField(
        default=False, db_default=False, editable=False,
        help_text="Nobody knows which of the labels of now its answers would give: they are asked for again.",
    )  # fmt: skip

    objects = LabelQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="label_name_once"),
            models.UniqueConstraint(fields=["project", "key"], condition=~Q(key=""), name="label_key_once"),
            models.UniqueConstraint(
                fields=["project", "hotkey"], condition=~Q(hotkey="") & Q(archived=False), name="label_hotkey_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def identity(self) -> str:
        """What answers say for it."""
        return self.key or self.name
