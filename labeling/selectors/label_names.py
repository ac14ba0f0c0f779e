"""What labels are called now, and as what answers of before are read: the one place that knows the scheme.

Answers keep a label's identity, the name it had first, so that a renamed label keeps its answers (decision 0065), and
so that what was said stays what was said when labels are merged or split (decision 0089). Whoever reads answers reads
them by ``read``, or by ``read_text`` where they are compared as texts, and leaves out what does not count (``counts``);
what goes out says ``named``, what comes in is stored as ``keyed``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import orjson
from django.db.models import Q

from labeling.db.prepared import Prepared
from labeling.kinds import QuestionKind, kind_of
from labeling.models import Label, Project

_REMEMBERED = 4096


@dataclass(frozen=True)
class LabelIdentities:
    """Of one project, all of them most often empty. ``now``: the names by identity of the labels that are not called by
    it. ``present``: the identity as which an identity of before is read, of labels that were merged. ``split``: what is
    said by nothing of now; answers that give one do not count until they are given anew."""

    kind: QuestionKind
    now: Mapping[str, str]
    present: Mapping[str, str] = field(default_factory=dict)
    split: frozenset[str] = frozenset()

    @cached_property
    def _identities(self) -> dict[str, str]:
        return {name: identity for identity, name in self.now.items() if identity not in self.present}

    def read(self, answer: Any) -> Any:
        """A stored answer by the identities of now; None stays None."""
        return self.kind.relabeled(answer, self.present) if self.present and answer is not None else answer

    def counts(self, answer: Any) -> bool:
        """Whether a stored answer says something in the labels of now."""
        return not self.split or self.split.isdisjoint(self.kind.labels_of(self.read(answer)))

    @cached_property
    def read_text(self) -> Callable[[str], str | None]:
        """``read`` of an answer's JSON: equal answers are equal texts. None of one that does not count."""
        if not self.present and not self.split:
            return str

        @lru_cache(maxsize=_REMEMBERED)
        def read(text: str) -> str | None:
            answer = orjson.loads(text)
            return (
                orjson.dumps(self.read(answer), option=orjson.OPT_SORT_KEYS).decode() if self.counts(answer) else None
            )

        return read

    def named(self, answer: Any) -> Any:
        """A stored answer as it is told; None stays None."""
        return self.kind.relabeled(answer, self.now) if self.now and answer is not None else answer

    def keyed(self, answer: Any) -> Any:
        """An answer as it was given, to be stored."""
        return self.kind.relabeled(answer, self._identities) if self.now else answer

    def name(self, identity: str) -> str:
        return self.now.get(identity, identity)

    def identity(self, name: str) -> str:
        return self._identities.get(name, name)

    def said_by(self, identity: str) -> tuple[str, ...]:
        """What stored answers say that is read as this label."""
        return (identity, *(before for before, now in self.present.items() if now == identity))

    @property
    def uncertain(self) -> list[str]:
        """What stored answers say that does not count."""
        return [said for identity in self.split for said in self.said_by(identity)]

    def reading(self, decode: Callable[[str], Any]) -> Callable[[str], Any]:
        """Reads stored answers and tells them by the names of now."""
        return (lambda text: self.named(decode(text))) if self.now else decode


def label_names(project: Project) -> LabelIdentities:
    """One query. Names nobody has any more are told as they are."""
    return identities_of(kind_of(project), _changed_labels(project.pk))


_changed_labels = Prepared(
    lambda project: Label.objects.filter(~Q(key="") | ~Q(read_as="") | Q(is_split=True), project=project)
)


def identities_of(kind: QuestionKind, labels: Iterable[Label]) -> LabelIdentities:
    """By labels that are enough: those with a key, those that were merged and those that were split."""
    rows = {label.identity: label for label in labels}
    present = {identity: _present(rows, identity) for identity, label in rows.items() if label.read_as}
    names = {identity: label.name for identity, label in rows.items()}
    now = {identity: name for identity, name in names.items() if name != identity}
    now |= {identity: names.get(read_as, read_as) for identity, read_as in present.items()}
    return LabelIdentities(kind, now, present, frozenset(row.identity for row in rows.values() if row.is_split))


def _present(rows: Mapping[str, Label], identity: str) -> str:
    """Merged labels may have been merged again. They cannot go round in a circle: a label is merged into a new one."""
    while (label := rows.get(identity)) and label.read_as:
        identity = label.read_as
    return identity


def former_names(project: Project) -> dict[str, str]:
    """What labels in use were called before and are called now; not what two were called, or one is called today."""
    rows = list(project.labels.values_list("name", "archived", "former_names"))
    owners: dict[str, set[str]] = {}
    for name, _, former in rows:
        for old in former:
            owners.setdefault(old, set()).add(name)
    in_use = {name for name, archived, _ in rows if not archived}
    today = {name for name, _, _ in rows}
    found = {old: next(iter(names)) for old, names in owners.items() if len(names) == 1}
    return {old: name for old, name in found.items() if name in in_use and old not in today}
