"""What a person may know of his own work: how much, how fast, how constant. Nothing here depends on whether a question
was gold or held out, nor on what others or a model say: who asks before and after an answer learns nothing from it.

Repeats count from the day after they were answered: at once, they would tell which questions are asked again.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from labeling.models import Annotation, Member, Project, Source, User
from labeling.selectors.people import counts, known
from labeling.selectors.people.cards import in_weeks, weeks_until
from labeling.selectors.people.key import PersonKey
from labeling.selectors.people.rates import CountedShare, counted_share

#: Below it a share of equal answers says little, and much about which question it was.
LEAST_REPEATS = 5
#: Times, and when the last answer was, are over the answers to the newest of one's own questions.
NEWEST_TIMES = 2_000


@dataclass(frozen=True)
class OwnWork:
    """``per_week`` beside ``weeks``, their first days; ``consistency`` is None below five questions asked again."""

    answers: int
    today: int
    last_at: datetime | None
    median_ms: int | None
    skips: int
    weeks: tuple[date, ...]
    per_week: tuple[int, ...]
    consistency: CountedShare | None
    goal_day: int | None
    goal_total: int | None
    nothing_because: str  # why nothing is asked, see Member.asked_nothing_because


def own_work(user: User, project: Project) -> OwnWork:
    now = timezone.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    weeks = weeks_until(now.date())
    me = PersonKey(user.pk)
    by_date = counts.per_day(project, midnight - (now.date() - weeks[0]), me).get(me, {})
    # by the questions: answers have no index by person, and of a million most are others'
    own = Annotation.objects.current().filter(task__project=project, task__annotator=user, source=Source.HUMAN)
    newest = own.order_by("-task__pk").values_list("elapsed_ms", "created_at")[:NEWEST_TIMES]
    times = sorted(ms for ms, _ in newest if ms is not None)
    member = Member.objects.filter(project=project, user=user).first()
    equal, again = known.repeats(project, me, midnight).get(user.pk, (0, 0))
    skipped = counts.skips(project, user).get(user.pk)
    return OwnWork(
        answers=member.answers if member else own.count(),
        today=by_date.get(now.date().isoformat(), 0),
        last_at=max((answered for _, answered in newest), default=None),
        median_ms=times[len(times) // 2] if times else None,
        skips=skipped.count if skipped else 0,
        weeks=weeks,
        per_week=in_weeks(by_date, weeks),
        consistency=counted_share(equal, again) if again >= LEAST_REPEATS else None,
        goal_day=member.goal_day if member else None,
        goal_total=member.goal_total if member else None,
        nothing_because=member.asked_nothing_because(now) if member else "",
    )
