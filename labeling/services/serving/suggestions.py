"""Which questions come with what a machine says, and which go without though it says something (decision 0093)."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from labeling.kinds import PerSubject, kind_of
from labeling.kinds.pairwise.kind import SWAPPED
from labeling.models import Prediction, Project, Suggestion, Task
from labeling.selectors.machines import version_in_use
from labeling.selectors.suggestions import telling
from labeling.services.serving.sources.base import POOL_DRAWS, SubjectSource

#: What is known to be true tests people: nothing is suggested for it, whyever it is asked.
_UNKNOWN = PerSubject(item={"item__known_answer__isnull": True}, pair={"pair__gold__isnull": True})


def suggest(source: SubjectSource, project: Project, tasks: Sequence[Task]) -> None:
    """Records what the project's machine says of new questions, shown or withheld. Only of those that a draw of the
    pool chose: eval questions, gold, repeats and second opinions are there because nobody was told anything."""
    if not project.shows_suggestions:
        return
    asked = {getattr(task, f"{source.name}_id"): task for task in tasks if task.reason in POOL_DRAWS}
    version = version_in_use(project, project.suggestions_from, project.suggestions_version) if asked else None
    if version is None:
        return
    rows = Prediction.objects.filter(version=version, **{f"{source.name}__in": list(asked)})
    rows = rows.filter(**_UNKNOWN.of(kind_of(project).subject))
    if not (said := dict(rows.values_list(f"{source.name}_id", "answer"))):
        return
    told = telling(project)
    Suggestion.objects.bulk_create(
        Suggestion(
            task=asked[subject], project=project, version=version, answer=_as_shown(asked[subject], answer, project),
            shown=not is_withheld(project, source.name, subject, asked[subject].annotator_id),
        )
        for subject, answer in said.items()
        if told(answer) is not None
    )  # fmt: skip


def is_withheld(project: Project, name: str, subject: int, person: int) -> bool:
    """Whether this person is asked about this without a suggestion: a coin of the two, tossed once and for all, so that
    a question which ran out and comes again does not show what was withheld."""
    told = f"{name}:{subject}:{person}".encode()
    coin = blake2b(told, key=project.pseudonym_key.encode(), person=b"suggestion", digest_size=8).digest()
    return int.from_bytes(coin) < project.suggestions_withheld * 2**64


def _as_shown(task: Task, answer: dict[str, Any], project: Project) -> dict[str, Any]:
    """A prediction has the first item of a pair on the left; the question may have the other one there."""
    if task.pair is None or task.left_id == task.pair.first_id:
        return answer
    return kind_of(project).relabeled(answer, SWAPPED)
