"""Labels that come with the items: what the label column of an import gives to a project that has none."""

from typing import Any

from labeling.kinds import LabelNames, Question, kind_of
from labeling.models import ImportBatch, Project
from labeling.selectors.label_names import former_names
from labeling.services.imports.errors import ImportRefused, RowRejected
from labeling.services.imports.row_store import ChunkHeld
from labeling.services.projects.label_set import MAX_LABELS, checked, set_labels
from labeling.services.validation.errors import Invalid

#: Kept with the batch, so that an attempt that goes on does as the first one did.
OPTION = "brings_labels"


def brings_labels(batch: ImportBatch) -> bool:
    """Whether this import adds to the label set: it was told to, or it began in a project without any label, archived
    ones included."""
    if OPTION not in batch.options:
        project = batch.project
        adds = "labels" in batch.options or not project.labels.exists()
        batch.options = {**batch.options, OPTION: kind_of(project).has_labels and adds}
    return bool(batch.options[OPTION])


class _Whatever(LabelNames):
    """A label set in which every name is that does not look like another one of it."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name) in (name, None)


class NewLabels:
    """Takes in the labels of rows; those not stored yet are in ``waiting``."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.kind = kind_of(project)
        labels = list(project.labels.all())
        self.known = _Whatever((label.name for label in labels if not label.archived), former_names(project))
        #: what answers say for labels that are called otherwise by now: as the name of a new label it would be theirs
        self.said = {label.identity: label.name for label in labels if label.identity != label.name}
        self.renames = project.label_renames
        self.waiting: set[str] = set()

    def answer(self, value: Any, question: Question) -> dict[str, Any]:
        """The canonical answer of a row's label, whatever labels it gives. Raises InvalidAnswer, RowRejected."""
        question.labels = self.known
        answer = self.kind.validate(self.kind.answer_from_import(value, question), question)
        new = {name for name in self.kind.labels_of(answer) if self.known.find(name) is None}
        if new:
            try:
                checked(sorted(new), self.kind.name)
            except Invalid as refused:
                raise RowRejected(refused.reason, "label") from refused
            if of_others := sorted(new & self.said.keys()):
                raise RowRejected(
                    f"{of_others[0][:80]!r} is what {self.said[of_others[0]][:80]!r} was called first: rows may mean"
                    " either. Add it to the label set if it is a label of its own.",
                    "label",
                )
            if any(name != name.strip() for name in new):
                raise RowRejected("The label begins or ends with a space.", "label")
            if len(self.known) + len(new) > MAX_LABELS:
                raise RowRejected(f"A project has at most {MAX_LABELS:,} labels.", "label")
            self.waiting |= new
            for name in sorted(new):
                self.known.add(name)
        return answer

    def store(self) -> None:
        """Adds those waiting behind the labels there are, by name; in the transaction of the chunk that needs them.

        The run that learns of them comes when the import is done. Raises ImportRefused, and ChunkHeld where labels were
        renamed meanwhile: what rows say must be looked up again.
        """
        if not self.waiting:
            return
        locked = Project.objects.select_for_update(no_key=True)
        if locked.values_list("label_renames", flat=True).get(pk=self.project.pk) != self.renames:
            raise ChunkHeld("Labels were renamed while the import looked up those of its rows.")
        there = [
            {"name": label.name, "hotkey": label.hotkey, "description": label.description}
            for label in self.project.labels.in_use()
        ]
        names = {label["name"] for label in there}
        try:
            set_labels(self.project, [*there, *sorted(self.waiting - names)], announce=False)
        except Invalid as refused:  # another import brought its own meanwhile
            raise ImportRefused(refused.reason) from refused

    def stored(self) -> None:
        """The chunk is in."""
        self.waiting = set()
