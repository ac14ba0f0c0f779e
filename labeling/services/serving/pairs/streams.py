"""Pairs that have a row, for one person: given and gold pairs, swapped repeats (the head of the queue: head).

Index seeks from where the person stands, as for items (services/serving/cursor).
"""

from typing import cast

from django.db import connection
from django.db.models import Exists, OuterRef

from labeling.db.prepared import Prepared
from labeling.models import ItemStatus, Pair, Pairs, Reason, Split, Task, TaskState
from labeling.models.pair import PairQuerySet
from labeling.services.serving.cursor import Walker
from labeling.services.serving.mixture import Rng

#: Questions that lie between a pair and its repeat, and how far back repeats are looked for.
REPEAT_AFTER = 10
REPEAT_WITHIN = 200


def only_given(walker: Walker) -> bool:
    return bool(walker.project.pairs == Pairs.GIVEN)


def related(pictures: bool) -> tuple[str, ...]:
    """What a pair's question shows."""
    assets = ("first__asset", "second__asset") if pictures else ("first", "second")
    return ("context__asset", *assets)


def given(walker: Walker, split: Split, count: int, without: list[int], holds_others: bool) -> list[Pair]:
    """Up to ``count`` given pairs of a split, onward from the person's position and once around."""
    return _walk(walker, split.value, count, without, holds_others)


def gold(walker: Walker, count: int, without: list[int]) -> list[Pair]:
    """Up to ``count`` pairs whose answer is known and that the person has not been asked about."""
    return _walk(walker, "gold", count, without, holds_others=False)


def _walk(walker: Walker, stream: str, count: int, without: list[int], holds_others: bool) -> list[Pair]:
    member, progress = walker.member, walker.progress
    if count <= 0 or getattr(member, f"{stream}_exhausted_at") == progress.reopened:
        return []
    who = walker.project.pk, member.user_id
    position = getattr(member, f"{stream}_position")
    kind = {"stream": stream, "pictures": walker.pictures}
    found = _onward(*who, position, *without, **kind, count=count)
    if len(found) < count and position >= 0:
        found += _around(*who, position, *without, **kind, count=count - len(found))
    if not found and not holds_others:
        # what was passed over because others held its lock may still be free once they let go
        if stream != "gold" and connection.features.has_select_for_update:
            found = _waiting(*who, *without, **kind)
        if not found:
            setattr(member, f"{stream}_exhausted_at", progress.reopened)
    if found:
        setattr(member, f"{stream}_position", found[-1].draw_key)
    return found


def repeat(walker: Walker, rng: Rng, without: set[int]) -> tuple[Task, int] | None:
    """An earlier task of the person whose pair is to be asked again, loaded, and how many it was drawn from."""
    mine = Task.objects.filter(project=walker.project, annotator=walker.member.user_id).order_by("-pk")
    rows = mine.values_list("pk", "pair_id", "state", "reason")[REPEAT_AFTER : REPEAT_AFTER + REPEAT_WITHIN]
    first_time = {
        pair_id: pk
        for pk, pair_id, state, reason in rows
        if state == TaskState.ANSWERED and reason != Reason.REPEAT and pair_id not in without
    }
    again = Task.objects.filter(annotator=walker.member.user_id, pair__in=list(first_time), reason=Reason.REPEAT)
    for pair_id in again.exclude(state=TaskState.EXPIRED).values_list("pair_id", flat=True):
        first_time.pop(pair_id, None)
    if not first_time:
        return None
    chosen = list(first_time.values())[int(rng.random() * len(first_time))]
    paths = [f"pair__{path}" for path in related(walker.pictures)]
    task = Task.objects.select_related("pair", *paths).get(pk=chosen)
    pair = cast("Pair", task.pair)
    usable = all(row.status == ItemStatus.ACTIVE for row in (pair, pair.first, pair.second))
    return (task, len(first_time)) if usable else None


def asked(user: int, pair: str) -> Exists:
    """Whether the person was asked about the pair; a question that expired may be put again."""
    return Exists(Task.objects.filter(pair=OuterRef(pair), annotator=user).exclude(state=TaskState.EXPIRED))


def _stream(project: int, user: int, *without: int, stream: str, pictures: bool) -> PairQuerySet:
    pairs = Pair.objects.filter(~asked(user, "pk"), project=project).order_by("draw_key")
    active = {"first__status": ItemStatus.ACTIVE, "second__status": ItemStatus.ACTIVE}
    if stream == "gold":
        pairs = pairs.filter(gold__isnull=False, status=ItemStatus.ACTIVE, **active)
    else:
        pairs = pairs.filter(split=stream, is_open=True, is_given=True, **active)
    if without:
        pairs = pairs.exclude(pk__in=without)
    return pairs.select_related(*related(pictures))


def _locked(pairs: PairQuerySet, stream: str, *, wait: bool = False) -> PairQuerySet:
    """The rows with their locks; those locked by others are passed over unless ``wait``. SQLite serialises instead.

    Gold pairs need no lock: they have room for everybody.
    """
    if stream == "gold":
        return pairs
    return pairs.select_for_update(skip_locked=not wait, no_key=True, of=("self",))


@Prepared
def _onward(
    project: int, user: int, position: int, *without: int, stream: str, pictures: bool, count: int
) -> PairQuerySet:
    pairs = _stream(project, user, *without, stream=stream, pictures=pictures)
    return _locked(pairs.filter(draw_key__gt=position), stream)[:count]


@Prepared
def _around(
    project: int, user: int, position: int, *without: int, stream: str, pictures: bool, count: int
) -> PairQuerySet:
    pairs = _stream(project, user, *without, stream=stream, pictures=pictures)
    return _locked(pairs.filter(draw_key__lte=position), stream)[:count]


@Prepared
def _waiting(project: int, user: int, *without: int, stream: str, pictures: bool) -> PairQuerySet:
    pairs = _stream(project, user, *without, stream=stream, pictures=pictures)
    return _locked(pairs, stream, wait=True)[:1]
