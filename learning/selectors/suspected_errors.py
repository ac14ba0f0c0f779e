"""Answers that are hardly believed, as pages and REST list them, and how often the doubt was right so far."""

import math
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from labeling.kinds import kind_of
from labeling.models import Annotation, Item, ItemStatus, Project, ReviewDecision, Source
from labeling.selectors.label_names import label_names
from learning.models import Outcome, SuspectedError, SuspicionState

#: Items of one question to the database.
_ITEMS = 500
#: What is proposed at a time: as many as there are wrong answers where one in twenty is, but not fewer than this.
WRONG_ANSWERS, FEWEST_FIRST = 0.05, 5
#: Of so many of the least believed this share was wrong in six of seven data sets, and more (decision 0083); it counts
#: like this many decisions.
PRIOR_WRONG, PRIOR_SEEN = 0.6, 5
#: Decisions that say how it is by now, and below which share of wrong ones looking does not pay.
LATELY, LEAST_WRONG = 20, 0.2
#: Whose answers settle a doubt.
_SETTLE = (Source.HUMAN, Source.REVIEW)


@dataclass(frozen=True)
class SuspectedAnswer:
    """One row of the list; labels by the names of now. ``instead`` is believed in the place of the answer where an item
    has one label; of several labels ``wrongly`` says whether the doubted one was given or left out."""

    item: Item
    said: list[str]
    doubted: str
    wrongly_given: bool
    belief: float
    neighbours: list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Suspicions:
    """``found``: least believed first; the ``first`` of them are worth a look, and the share ``expected`` is wrong.
    ``waiting``: put to somebody else, and not answered yet. ``decided``: doubts that a further answer or a reviewer has
    settled; of so many the answer was ``wrong``, for the next one was another.
    """

    found: list[SuspectedAnswer]
    first: int
    expected: float
    waiting: int
    decided: int
    wrong: int

    @property
    def worth(self) -> list[SuspectedAnswer]:
        return self.found[: self.first]


def suspicions(project: Project) -> Suspicions:
    """What is open now. An answer somebody has given or changed since is left out until the next run."""
    rows = list(_open(project))
    items = _items(project, rows)
    names = label_names(project)
    found = [
        SuspectedAnswer(
            items[row.item_id],
            [names.name(label) for label in row.said],
            names.name(row.doubted),
            row.doubted in row.said,
            row.belief,
            [(item, [names.name(label) for label in said]) for item, said in row.neighbours],
        )
        for row in rows
        if row.item_id in items
    ]
    waiting, outcomes = _outcomes(project)
    first = min(len(found), worth_a_look(rows, outcomes))
    return Suspicions(found, first, _expected(outcomes), waiting, len(outcomes), outcomes.count(Outcome.OTHER))


def _open(project: Project) -> "QuerySet[SuspectedError]":
    return SuspectedError.objects.filter(project=project).open().least_believed_first().select_related("run")


def suspected_items(project: Project) -> dict[int, float]:
    """How far the answers are believed that are worth a look and that nobody has decided about yet, least first."""
    rows = list(_open(project))
    first = worth_a_look(rows, _outcomes(project)[1]) if rows else 0
    return {row.item_id: row.belief for row in rows[:first]}


def n_worth_a_look(project: Project) -> int:
    """How many of what is suspected ``suspicions`` would propose first."""
    return len(suspected_items(project))


def _expected(outcomes: list[str]) -> float:
    """The share of wrong answers to expect among those doubted most: what came of the newest decided, and what was
    measured elsewhere before there are any (decision 0083)."""
    lately = outcomes[-LATELY:]
    return (PRIOR_WRONG * PRIOR_SEEN + lately.count(Outcome.OTHER)) / (PRIOR_SEEN + len(lately))


def worth_a_look(rows: list[SuspectedError], outcomes: list[str]) -> int:
    """How many of the least believed to propose: as many as answers may be wrong, as long as looking has paid."""
    if not rows or _expected(outcomes) < LEAST_WRONG:
        return 0
    n_answers = rows[0].run.annotations_seen if rows[0].run else 0
    return max(FEWEST_FIRST, math.ceil(WRONG_ANSWERS * n_answers))


def believed_instead(project: Project, item_id: int) -> str:
    """What models that have not learned the item's answer say instead; "" where they do not doubt it."""
    row = SuspectedError.objects.filter(project=project, item=item_id).open().first()
    if row is None:
        return ""
    name, belief = label_names(project).name(row.doubted), f"the answer is believed by {row.belief:.2f}"
    if row.doubted in row.said:
        return f"not {name}: {belief}"
    return f"{name}: {belief}"


def next_answers(project: Project, waiting: list[SuspectedError]) -> dict[int, Outcome]:
    """What the newest answer that a person gave since, or a reviewer's decision, says of each, by suspicion; those
    without one are left out. What a reviewer accepted with many others is no look at the answer."""
    kind, scheme = kind_of(project), label_names(project)
    seen = {row.item_id: row for row in waiting}
    found: dict[int, Outcome] = {}
    ids = list(seen)
    in_bulk = Exists(ReviewDecision.objects.filter(annotation=OuterRef("pk")).exclude(batch=""))
    for start in range(0, len(ids), _ITEMS):
        given = Annotation.objects.current().filter(item__in=ids[start : start + _ITEMS], source__in=_SETTLE)
        given = given.exclude(in_bulk)
        for item, pk, answer in given.order_by("pk").values_list("item", "pk", "answer"):
            row = seen[item]
            if pk > row.answers_seen and answer is not None:
                said = {scheme.present.get(label, label) for label in row.said}
                is_same = set(kind.labels_of(scheme.read(answer))) == said
                found[row.pk] = Outcome.SAME if is_same else Outcome.OTHER
    return found


def _items(project: Project, rows: list[SuspectedError]) -> dict[int, Item]:
    """The items of the rows that are still asked about and still have the answer that was judged."""
    ids = [row.item_id for row in rows]
    found = Item.objects.numbered(project, ids).filter(status=ItemStatus.ACTIVE).select_related("asset")
    items = {item.pk: item for item in found}
    seen = {row.item_id: row.answers_seen for row in rows}
    newest = Annotation.objects.filter(item__in=ids, source__in=_SETTLE).values_list("item", "pk")
    for item, pk in newest:
        if pk > seen[item or 0]:  # never 0: they were looked up by it
            items.pop(item or 0, None)
    return items


def _outcomes(project: Project) -> tuple[int, list[str]]:
    """How many wait for an answer, and what came of the others, oldest decision first: also what no run has written
    down yet."""
    rows = SuspectedError.objects.filter(project=project)
    waiting = list(rows.waiting())
    came = next_answers(project, waiting)
    decided = rows.exclude(state=SuspicionState.OPEN).order_by("decided_at", "pk")
    found = [
        Outcome.SAME if state == SuspicionState.KEPT else outcome or came.get(pk, "")
        for pk, state, outcome in decided.values_list("pk", "state", "outcome")
    ]
    return len(waiting) - len(came), [outcome for outcome in found if outcome]
