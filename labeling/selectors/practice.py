"""Where people stand in the practice before their first real question."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil

from labeling.models import ItemStatus, KnownAnswer, Member, PracticeRound, PracticeState, Project, Role, Split

#: Roles that practise: who reviews sees gold anyway.
PRACTISING = (Role.ANNOTATOR,)


@dataclass(frozen=True)
class Practice:
    """Of one person. ``state`` is "" where nothing was begun; ``last`` is the newest round that counts. ``is_due``: no
    real question before it is passed; ``tries_left`` are the rounds that may still be begun, the running one apart."""

    state: str = ""
    is_due: bool = False
    tries_left: int = 0
    tries: int = 0
    last: PracticeRound | None = None

    @property
    def is_over(self) -> bool:
        """Failed, and no try is left."""
        return self.is_due and self.state == PracticeState.FAILED and not self.tries_left


def needed(project: Project) -> int:
    """How many of the questions must be right."""
    return ceil(round(project.practice_pass * project.practice_questions, 6))


def usable(project: Project) -> int:
    """Gold items a round can be made of: of the pool, so that what measures stays unseen."""
    known = KnownAnswer.objects.filter(project=project, item__split=Split.POOL, item__status=ItemStatus.ACTIVE)
    return known.count()


def practice_of(member: Member) -> Practice:
    """For who asks in person."""
    rounds = PracticeRound.objects.filter(project=member.project_id, user=member.user_id).order_by("pk")
    return _standing(member, list(rounds))


def practice_of_all(project: Project, members: Iterable[Member]) -> Mapping[int, Practice]:
    """By member; one query, and one more where a round is due."""
    rounds: dict[int, list[PracticeRound]] = defaultdict(list)
    for row in PracticeRound.objects.filter(project=project).order_by("pk"):
        rounds[row.user_id].append(row)
    return {member.pk: _standing(member, rounds[member.user_id], project) for member in members}


def _standing(member: Member, rounds: list[PracticeRound], project: Project | None = None) -> Practice:
    project = project or member.project
    counting = [row for row in rounds if row.state != PracticeState.RESET]
    last = counting[-1] if counting else None
    state = last.state if last else ""
    tries = sum(row.state != PracticeState.WAIVED for row in counting)
    done = state in (PracticeState.PASSED, PracticeState.WAIVED)
    # who has answered real questions before there was a practice goes on, unless a manager has them begin anew
    asked = member.role in PRACTISING and (bool(rounds) or member.answers == 0)
    due = bool(project.practice_questions) and asked and not done
    if due and state != PracticeState.RUNNING and usable(project) < project.practice_questions:
        due = False  # nobody waits for questions that cannot be put
    return Practice(state, due, max(0, project.practice_tries - tries), tries, last)
