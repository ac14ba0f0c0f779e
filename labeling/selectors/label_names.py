"""What labels are called now. Answers keep a label's identity, the name it had first, so that a renamed label keeps its
answers (decision 0065): what goes out says ``named``, what comes in is stored as ``keyed``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from labeling.kinds import QuestionKind, kind_of
from labeling.models import Project


@dataclass(frozen=True)
class LabelIdentities:
    """Of one project; ``now`` has the names by identity of the labels that are not called by it, most often none."""

    kind: QuestionKind
    now: Mapping[str, str]

    @cached_property
    def _identities(self) -> dict[str, str]:
        return {name: identity for identity, name in self.now.items()}

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

    def reading(self, decode: Callable[[str], Any]) -> Callable[[str], Any]:
        """Reads stored answers and tells them by the names of now."""
        return (lambda text: self.named(decode(text))) if self.now else decode


def label_names(project: Project) -> LabelIdentities:
    """One query. Names nobody has any more are told as they are."""
    return LabelIdentities(kind_of(project), dict(project.labels.exclude(key="").values_list("key", "name")))


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
