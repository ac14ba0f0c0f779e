"""The next pairs for one person: eval, repeats, gold, random and the head of the queue, each question by its coins."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, F, QuerySet, Value, When

from labeling.db import pair_rows as rows
from labeling.db.prepared import PreparedUpdate
from labeling.models import Item, ItemStatus, Member, Pair, PairQueueEntry, Progress, Project, Reason, Split, Task
from labeling.models.pair import PairQuerySet
from labeling.services.serving.cursor import POSITIONS, Walker
from labeling.services.serving.leases import lease_end
from labeling.services.serving.mixture import Rng, eval_probability, mixed, strategy_share
from labeling.services.serving.pairs import head, random_pairs, streams
from labeling.services.serving.pairs.random_pairs import DrawnPair

PAIR_POSITIONS = (*POSITIONS, "gold_position", "gold_exhausted_at")


class Raced(Exception):
    """All that was drawn went to others meanwhile: to be drawn again in a new transaction, which holds no lock yet."""


@dataclass(slots=True)
class PairPick:
    """A pair chosen for somebody, and why. A pair without a row yet is made when it is asked."""

    pair: Pair
    reason: Reason
    candidate: DrawnPair | None = None
    entry: PairQueueEntry | None = None
    #: the item that stands left where that is settled: a repeat swaps the sides
    left_id: int | None = None
    propensity: float | None = None

    @property
    def holds_slot(self) -> bool:
        return self.reason not in (Reason.REPEAT, Reason.GOLD)

    @property
    def is_new(self) -> bool:
        return self.pair.pk is None


def claim(walker: Walker, count: int, rng: Rng) -> list[Task]:
    """Picks pairs, takes a slot of each and writes the tasks, all of them or none. Raises Raced."""
    member = walker.member
    before = {name: getattr(member, name) for name in PAIR_POSITIONS}
    picks, has_head = _Round(walker, rng).pick(count)
    moved = {name: getattr(member, name) for name in PAIR_POSITIONS if getattr(member, name) != before[name]}
    if moved:
        _move_member(member.pk, *moved.values(), names=tuple(moved))
    if not picks:
        return []
    rng.shuffle(picks)
    held = [pick.pair for pick in picks if pick.holds_slot and not pick.is_new]
    if held and _take(*(pair.pk for pair in held)) != len(held):
        raise RuntimeError("A locked pair lost its slot.")
    for pick in picks:
        if pick.holds_slot:
            pick.pair.slots_taken += 1
            pick.pair.is_open = pick.pair.slots_taken < pick.pair.slots_total
    return Task.objects.bulk_create(_tasks(walker, picks, has_head, rng))


@PreparedUpdate
def _take(*pairs: int) -> tuple[PairQuerySet, dict[str, Any]]:
    taken = Pair.objects.filter(pk__in=pairs, status=ItemStatus.ACTIVE, slots_taken__lt=F("slots_total"))
    is_open = Case(When(slots_taken__lt=F("slots_total") - 1, then=Value(True)), default=Value(False))
    return taken, {"slots_taken": F("slots_taken") + 1, "is_open": is_open}


@PreparedUpdate
def _move_member(member: int, *values: int, names: tuple[str, ...]) -> "tuple[QuerySet[Member], dict[str, Any]]":
    return Member.objects.filter(pk=member), dict(zip(names, values, strict=True))


class _Round:
    """One call of one person: which pairs are asked."""

    def __init__(self, walker: Walker, rng: Rng) -> None:
        self.walker = walker
        self.project = walker.project
        self.rng = rng
        self.picks: list[PairPick] = []
        self.keys: set[rows.Key] = set()

    def pick(self, count: int) -> tuple[list[PairPick], bool]:
        """The picks, and whether the queue had a head. The others make up for a stream that runs dry."""
        project, progress, rng = self.project, self.walker.progress, self.rng
        p_eval = eval_probability(project, progress)
        wanted: Counter[str] = Counter()
        for _ in range(count):
            toss = rng.random()
            if toss < project.repeat_share:
                wanted["repeat"] += 1
            elif toss < project.repeat_share + project.gold_share:
                wanted["gold"] += 1
            else:
                wanted["eval" if rng.random() < p_eval else "pool"] += 1
        self._repeats(wanted["repeat"])
        self._stream(Split.EVAL, wanted["eval"])
        has_head = self._head(strategy_share(count - len(self.picks) - wanted["gold"], project, rng))
        self._stream(Split.POOL, count - len(self.picks) - wanted["gold"])
        self._gold(wanted["gold"])
        self._stream(Split.POOL, count - len(self.picks))
        self._stream(Split.EVAL, count - len(self.picks))
        return self.picks, has_head

    def _add(self, pick: PairPick) -> None:
        self.picks.append(pick)
        self.keys.add((pick.pair.first_id, pick.pair.second_id))

    def _repeats(self, count: int) -> None:
        for _ in range(count):
            found = streams.repeat(self.walker, self.rng, {pick.pair.pk for pick in self.picks})
            if found is None or found[0].pair is None:
                return
            earlier, among = found
            assert earlier.pair is not None
            assert earlier.left_id is not None
            left = earlier.pair.other(earlier.left_id).pk
            self._add(PairPick(earlier.pair, Reason.REPEAT, left_id=left, propensity=1.0 / among))

    def _gold(self, count: int) -> None:
        for pair in streams.gold(self.walker, count, self._pks()):
            self._add(PairPick(pair, Reason.GOLD))

    def _head(self, count: int) -> bool:
        for entry in head.head(self.walker, count):
            if (entry.pair.first_id, entry.pair.second_id) not in self.keys:
                self._add(PairPick(entry.pair, Reason.STRATEGY, entry=entry))
        return self.walker.has_head

    def _pks(self) -> list[int]:
        return [pick.pair.pk for pick in self.picks if not pick.is_new]

    def _stream(self, split: Split, count: int) -> None:
        if count <= 0:
            return
        reason = Reason.EVAL if split == Split.EVAL else Reason.RANDOM
        if streams.only_given(self.walker):
            for pair in streams.given(self.walker, split, count, self._pks(), holds_others=bool(self.picks)):
                self._add(PairPick(pair, reason))
            return
        progress, member = self.walker.progress, self.walker.member
        if getattr(member, f"{split}_exhausted_at") == progress.reopened or not getattr(progress, f"{split}_partnered"):
            return
        target = len(self.picks) + count
        for _ in range(random_pairs.ROUNDS):
            missing = target - len(self.picks)
            if missing <= 0:
                return
            drawn = random_pairs.draw(self.project.pk, split, missing, self.walker.progress, self.rng)
            self._take(drawn, reason, target)
        if target > len(self.picks):
            self._walk(split, reason, target)

    def _walk(self, split: Split, reason: Reason, target: int) -> None:
        """What random draws hardly ever hit any more, from the person's position and once around."""
        member, position = self.walker.member, getattr(self.walker.member, f"{split}_position")
        spans = [(position, 2**63 - 1)] + ([(-1, position)] if position >= 0 else [])
        seen = False
        for span in spans:
            missing = target - len(self.picks)
            if missing <= 0:
                return
            known = self.keys
            found = random_pairs.walk(self.project.pk, member.user_id, split, span, known, missing)
            if found:
                seen = True
                setattr(member, f"{split}_position", found[0].draw_key - 1)
                self.rng.shuffle(found)
                self._take(found, reason, target)
                if not self.picks:  # all of them in others' hands just now
                    self._take(found[:1], reason, target, wait=True)
        if not seen and not self.picks:
            setattr(member, f"{split}_exhausted_at", self.walker.progress.reopened)

    def _take(self, drawn: list[DrawnPair], reason: Reason, target: int, *, wait: bool = False) -> None:
        """Adds those of the drawn pairs that are free and new to the person, their rows locked."""
        drawn = [candidate for candidate in drawn if candidate.key not in self.keys]
        free = _free(self.walker, {candidate.key for candidate in drawn}, wait=wait)
        for candidate in drawn:
            if len(self.picks) >= target:
                return
            if candidate.key in self.keys or (candidate.key in free and free[candidate.key] is None):
                continue
            pair = free.get(candidate.key) or self._new(candidate)
            self._add(PairPick(pair, reason, candidate))

    def _new(self, candidate: DrawnPair) -> Pair:
        first, second = candidate.key
        return Pair(
            project=self.project, context_id=candidate.context_id, first_id=first, second_id=second,
            split=candidate.split, slots_total=self.project.overlap,
        )  # fmt: skip


def _free(walker: Walker, keys: set[rows.Key], *, wait: bool = False) -> dict[rows.Key, Pair | None]:
    """The pairs of ``keys`` that have a row: locked when they are free for the person, else None."""
    known = rows.known(keys)
    found: dict[rows.Key, Pair | None] = dict.fromkeys(known)
    if known:
        free = Pair.objects.filter(~streams.asked(walker.member.user_id, "pk"), pk__in=list(known.values())).free()
        free = free.select_related(*streams.related(walker.pictures))
        for pair in free.select_for_update(skip_locked=not wait, no_key=True, of=("self",)):
            found[pair.first_id, pair.second_id] = pair
    return found


def _tasks(walker: Walker, picks: list[PairPick], has_head: bool, rng: Rng) -> list[Task]:
    """The tasks with their provenance; counts the draws in Progress, which gives each its number."""
    project = walker.project
    q_of = _chances(walker, picks) if has_head else {}
    progress = _count(project.pk, picks)
    draws = progress.draws - sum(pick.reason in (Reason.RANDOM, Reason.STRATEGY) for pick in picks)
    picks = _insert_new(walker, picks)
    if not picks:
        raise Raced
    end = lease_end(project.lease_s, walker.now)
    tasks = []
    for pick in picks:
        pair = pick.pair
        size, p_random = _random_propensity(walker, pick, progress)
        why: dict[str, Any] = {"reason": pick.reason, "pool_size": size, "propensity": pick.propensity}
        if pick.reason == Reason.EVAL:
            why["propensity"] = p_random
        elif pick.reason in (Reason.RANDOM, Reason.STRATEGY):
            draws += 1
            why |= {"draw": draws, "epoch": project.epoch if has_head else None}
            q = pick.entry.propensity if pick.entry else q_of.get(pair.pk, 0.0)
            why["propensity"] = mixed(project, p_random, q, has_head or pick.entry is not None)
        if pick.entry:
            epoch = pick.entry.epoch
            why |= {"strategy": epoch.strategy, "model_version": epoch.model_version, "epoch": epoch.number}
            why["utility"] = pick.entry.utility
        left = pick.left_id or (pair.first_id if rng.random() < 0.5 else pair.second_id)
        user = walker.member.user
        tasks.append(Task(project=project, pair=pair, left_id=left, annotator=user, lease_expires_at=end, **why))
    return tasks


def _random_propensity(walker: Walker, pick: PairPick, progress: Progress) -> tuple[int | None, float]:
    """What a random draw of the pair's split picks from (given pairs, or first items), and its probability there."""
    if pick.reason in (Reason.GOLD, Reason.REPEAT):
        return None, 1.0
    split = pick.pair.split
    if streams.only_given(walker):
        size = getattr(progress, f"given_{split}_open") + (pick.pair.is_given and not pick.pair.is_open)
        return size, 1.0 / max(1, size)
    partnered = getattr(progress, f"{split}_partnered")
    candidate = pick.candidate
    if candidate is None:  # from the queue: pool pairs only
        key = (pick.pair.first_id, pick.pair.second_id)
        candidate = DrawnPair(key, pick.pair.context_id, split, 2, pick.pair.context.pool_active - 1)
    return partnered, candidate.propensity(partnered)


def _count(project_id: int, picks: list[PairPick]) -> Progress:
    """Moves Progress and returns what it says then; from here on the project's other questions and answers wait."""
    moved: Counter[str] = Counter()
    for pick in picks:
        moved["draws"] += pick.reason in (Reason.RANDOM, Reason.STRATEGY)
        moved["pairs"] += pick.is_new
        closed = pick.holds_slot and pick.pair.is_given and not pick.pair.is_open
        moved[f"given_{pick.pair.split}_open"] -= closed
    names = ("draws", "pairs", "given_pool_open", "given_eval_open")
    read = (*names, "pool_partnered", "eval_partnered")
    sets = ", ".join(f"{name} = {name} + %s" for name in names)
    table = Progress._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {sets} WHERE project_id = %s RETURNING {', '.join(read)}",
            [*(moved[name] for name in names), project_id],
        )
        return Progress(project_id=project_id, **dict(zip(read, cursor.fetchone(), strict=True)))


def _insert_new(walker: Walker, picks: list[PairPick]) -> list[PairPick]:
    """Makes the rows of pairs that have none, under the lock of Progress; loads what their questions show.

    A pair that somebody else was asked about since it was drawn is taken there if it is free at once, else dropped.
    """
    new = {(pick.pair.first_id, pick.pair.second_id): pick for pick in picks if pick.is_new}
    if not new:
        return picks
    raced = {} if not connection.features.has_select_for_update else _free(walker, set(new))
    if raced:
        picks = _settle_race(walker, picks, raced)
        new = {key: pick for key, pick in new.items() if pick.is_new and key not in raced}
    overlap = Project.objects.values_list("overlap", flat=True).get(pk=walker.project.pk)
    for pick in new.values():  # somebody may have changed it meanwhile
        pick.pair.slots_total, pick.pair.is_open = overlap, overlap > 1
    Pair.objects.bulk_create([pick.pair for pick in new.values()])
    _load([pick.pair for pick in new.values()], walker)
    return picks


def _settle_race(walker: Walker, picks: list[PairPick], raced: dict[rows.Key, Pair | None]) -> list[PairPick]:
    kept, moved = [], Counter[str]()
    taken = []
    for pick in picks:
        key = (pick.pair.first_id, pick.pair.second_id)
        if not pick.is_new or key not in raced:
            kept.append(pick)
            continue
        moved["pairs"] -= 1
        pair = raced[key]
        if pair is None:
            moved["draws"] -= pick.reason == Reason.RANDOM
            continue
        pair.slots_taken += 1
        pair.is_open = pair.slots_taken < pair.slots_total
        moved[f"given_{pair.split}_open"] -= pair.is_given and not pair.is_open
        pick.pair = pair
        taken.append(pair.pk)
        kept.append(pick)
    if taken and _take(*taken) != len(taken):
        raise RuntimeError("A locked pair lost its slot.")
    Progress.objects.filter(project=walker.project).update(**{name: F(name) + by for name, by in moved.items()})
    return kept


def _load(pairs: list[Pair], walker: Walker) -> None:
    """Items and contexts of new pairs: what their questions show."""
    ids = {pk for pair in pairs for pk in (pair.first_id, pair.second_id)}
    found = Item.objects.select_related("in_context__asset", *(["asset"] if walker.pictures else [])).in_bulk(ids)
    for pair in pairs:
        pair.first, pair.second = found[pair.first_id], found[pair.second_id]
        assert pair.first.in_context is not None
        pair.context = pair.first.in_context


def _chances(walker: Walker, picks: list[PairPick]) -> dict[int, float]:
    """The chance that the queue gives now what was drawn at random."""
    drawn = {pick.pair.pk for pick in picks if pick.reason == Reason.RANDOM and not pick.is_new}
    others = {pick.pair.pk for pick in picks if not pick.is_new} - drawn
    return head.chances(walker, drawn, others)
