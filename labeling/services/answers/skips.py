"""When skips take an item out of the questions: enough of a reason, or nobody is left who could be asked (0065)."""

from collections import Counter
from collections.abc import Collection, Set
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from labeling.models import (
    Because,
    Item,
    ItemStatus,
    Member,
    Permission,
    Project,
    Reason,
    Role,
    SkipReason,
    Task,
    TaskState,
)
from labeling.models.permission import roles_that
from labeling.models.task import TaskQuerySet
from labeling.services.serving.slots import ItemChange, move_progress
from labeling.services.serving.sources import source_of

#: An item that this many people found unclear is set aside.
UNCLEAR_LIMIT = 3
#: Reasons that an undone skip takes back.
BY_SKIPS = frozenset((*SkipReason.values, Because.EVERYBODY))

#: Who skipped, and why.
Skip = tuple[int, str]


def skips_of(tasks: TaskQuerySet) -> list[Skip]:
    """The skips that stand among tasks about one item or pair."""
    skipped = tasks.filter(state=TaskState.SKIPPED).exclude(reason=Reason.REPEAT)
    return list(skipped.values_list("annotator", "skip_reason"))


def settles(reason: str, skips: Collection[Skip]) -> bool:
    """Whether this many skips for the reason take an item out."""
    counts = Counter(why for _, why in skips)
    return counts[reason] >= (UNCLEAR_LIMIT if reason == SkipReason.UNCLEAR else 1)


@dataclass(frozen=True)
class _Team:
    """Who could be asked, and who of them labels: every annotator, and who else has been asked something here."""

    everybody: frozenset[int]
    at_work: frozenset[int]
    annotators: frozenset[int]

    def have_all_skipped(self, people: Set[int]) -> bool:
        """Whether nobody is left to be put the question to. Managers and reviewers who were never asked anything may
        still be: the doubt of one annotator waits for them, not that of two who are all that label."""
        return (
            bool(self.everybody) and (self.at_work if len(people & self.annotators) > 1 else self.everybody) <= people
        )


def _team(project: Project) -> _Team:
    was_asked = Exists(Task.objects.filter(project=project, annotator=OuterRef("user")))
    may = Member.objects.filter(project=project, role__in=roles_that(Permission.LABEL), is_quarantined=False)
    rows = list(may.filter(user__is_active=True).annotate(asked=was_asked).values_list("user", "role", "asked"))
    annotators = frozenset(user for user, role, _ in rows if role == Role.ANNOTATOR)
    return _Team(
        frozenset(user for user, _, _ in rows), annotators | {user for user, _, asked in rows if asked}, annotators
    )


def is_skipped_by_everybody(project: Project, skips: Collection[Skip]) -> bool:
    return _team(project).have_all_skipped({person for person, _ in skips})


def settle_skipped(project: Project) -> int:
    """Sets aside what all who are left have skipped; how many. After somebody has left, under the project's lock."""
    source = source_of(project)
    at = source.name
    about = {f"{at}__status": ItemStatus.ACTIVE, f"{at}__answers": 0}
    skips = Task.objects.filter(project=project, state=TaskState.SKIPPED, **about)
    people: dict[int, set[int]] = {}
    for pk, person in skips.exclude(reason=Reason.REPEAT).values_list(at, "annotator").iterator(chunk_size=5_000):
        people.setdefault(pk, set()).add(person)
    team = _team(project)
    ids = [pk for pk, who in people.items() if team.have_all_skipped(who)]
    deltas: Counter[str] = Counter()
    for row in source.model._default_manager.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True):
        if row.status == ItemStatus.ACTIVE and row.answers == 0:  # as it is now that it is locked
            change = ItemChange(row, source)
            change.set_aside(Because.EVERYBODY)
            deltas.update(change.save())
    move_progress(project.pk, deltas)
    return len(ids)


def ask_again(item: Item) -> None:
    """Whoever skipped the item may be asked once more: a reviewer has put back what nobody was left for."""
    skipped = Task.objects.filter(item=item, state=TaskState.SKIPPED).exclude(reason=Reason.REPEAT)
    skipped.update(state=TaskState.EXPIRED)
