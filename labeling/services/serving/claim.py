"""New questions for one person, each by its coins: eval, repeats, gold, random and the head of the queue."""

from functools import cache
from typing import Any

from labeling.db.driver import Statement
from labeling.db.prepared import PreparedInsert
from labeling.models import Progress, Reason, Split, Task
from labeling.models.task import AIMED
from labeling.services.serving.cursor import AnnotatorCursor
from labeling.services.serving.known import asked_more, known_open
from labeling.services.serving.leases import lease_end
from labeling.services.serving.mixture import (
    Rng,
    came_back,
    draw,
    eval_probability,
    mixed,
    second_opinions,
    strategy_share,
)
from labeling.services.serving.queue_pass import chances, head
from labeling.services.serving.sources import Pick, SubjectSource
from labeling.services.serving.sources.base import hold_slots
from labeling.services.serving.suggestions import suggest


def claim(source: SubjectSource, cursor: AnnotatorCursor, count: int, rng: Rng) -> list[Task]:
    """Picks, takes a slot of each and writes the tasks, all of them or none. Raises Raced."""
    before = cursor.positions()
    known = known_open(source, cursor)
    back = source.came_back(cursor)
    picks, has_head = _Round(source, cursor, back, rng).pick(count)
    if not picks:
        cursor.store(before)
        return []
    rng.shuffle(picks)
    source.bring_slots(picks, cursor.project.pk)
    source.take([pick.row for pick in picks if pick.holds_slot and not pick.is_new])
    hold_slots(picks)
    asked_more(source, cursor, picks)
    cursor.store(before)
    tasks = _insert(_tasks(source, cursor, picks, has_head, known, back, rng))
    suggest(source, cursor.project, tasks)
    return tasks


_insert = PreparedInsert(Task)
_SPLITS = tuple(Split.values)


class _Round:
    """One call of one person: what is asked."""

    def __init__(self, source: SubjectSource, cursor: AnnotatorCursor, back: list[int], rng: Rng) -> None:
        self.source, self.cursor, self.back, self.rng = source, cursor, back, rng
        self.picks: list[Pick] = []
        self.dry: set[Split] = set()

    def pick(self, count: int) -> tuple[list[Pick], bool]:
        """The picks, and whether the queue had a head. The others make up for a stream that runs dry."""
        source, cursor, project = self.source, self.cursor, self.cursor.project
        has_eval = getattr(cursor.progress, source.size_column(Split.EVAL)) > 0
        p_eval = eval_probability(project, cursor.progress) if has_eval else 0.0
        wanted = draw(count, *source.shares(cursor), p_eval, self.rng)
        if wanted.repeat:
            self.picks += source.repeats(cursor, wanted.repeat, self.picks, self.rng)
        self._draw(Split.EVAL, wanted.eval)
        if again := second_opinions(count - len(self.picks) - wanted.gold, project, self.rng):
            self.picks += source.opinions(cursor, again, self.picks)
        if self.back and (doubts := came_back(count - len(self.picks) - wanted.gold, project, self.rng)):
            self.picks += source.these(cursor, self.back, doubts, self.picks, self.rng)
        queued = strategy_share(count - len(self.picks) - wanted.gold, project, self.rng)
        self.picks += [source.queued(entry) for entry in head(source, cursor, queued)]
        has_head = cursor.has_head
        self._draw(Split.POOL, count - len(self.picks) - wanted.gold)
        if wanted.gold:
            self.picks += source.gold(cursor, wanted.gold, self.picks, self.rng)
        self._draw(Split.POOL, count - len(self.picks))
        self._draw(Split.EVAL, count - len(self.picks))
        return self.picks, has_head

    def _draw(self, split: Split, count: int) -> None:
        if count <= 0 or split in self.dry:
            return
        found = self.source.drawn(self.cursor, split, count, self.picks, self.rng)
        self.picks += found
        if len(found) < count:
            self.dry.add(split)


def _tasks(
    source: SubjectSource,
    cursor: AnnotatorCursor,
    picks: list[Pick],
    has_head: bool,
    known: int,
    back: list[int],
    rng: Rng,
) -> list[Task]:
    """The tasks with their provenance; counts the draws in Progress, which gives each its number.

    A draw of the pool picks from what is open but for the ``known`` rows the person was asked about already. ``back``
    are the rows that a draw of what came back had to choose from.
    """
    project = cursor.project
    coin = project.production_share if back else 0.0
    among = dict.fromkeys(back, 1.0 / max(1, len(back)))
    q_of = _chances(source, cursor, picks) if has_head else {}
    # from here to the end of the transaction the project's other questions and answers wait
    draws, size = _count_draws(source, project.pk, picks)
    draws -= sum(pick.is_draw for pick in picks)
    size[Split.POOL] = max(size[Split.POOL] - known, sum(pick.is_draw for pick in picks))
    picks = source.settle(cursor, picks)
    end = lease_end(project.lease_s, cursor.now)
    tasks = []
    for pick in picks:
        split = pick.row.split
        why: dict[str, Any] = {"reason": pick.reason, "pool_size": None, "propensity": pick.propensity}
        if pick.holds_slot:
            # a second opinion is drawn from the known ones
            why["pool_size"] = None if pick.reason == Reason.SECOND_OPINION else size[split]
            at_random = min(1.0, pick.weight / max(1, size[split]))
            why["propensity"] = at_random if pick.propensity is None else pick.propensity
        if pick.is_draw:
            draws += 1
            why |= {"draw": draws, "epoch": project.epoch if has_head else None}
            q = pick.entry.propensity if pick.entry else q_of.get(pick.row.pk, 0.0)
            in_back = coin, among.get(pick.row.pk, 0.0)
            why["propensity"] = mixed(project, at_random, q, has_head or pick.entry is not None, in_back)
        if pick.is_aimed:
            why["strategy"] = AIMED
        if pick.entry:
            epoch = pick.entry.epoch
            why |= {"strategy": epoch.strategy, "model_version": epoch.model_version, "epoch": epoch.number}
            why["utility"] = pick.entry.utility
        size[split] -= source.leaves(pick)
        task = _insert.new(project_id=project.pk, annotator_id=cursor.member.user_id, lease_expires_at=end, **why)
        task.project = project
        for name, subject in source.about(pick, rng).items():
            setattr(task, name, subject)
        tasks.append(task)
    return tasks


def _chances(source: SubjectSource, cursor: AnnotatorCursor, picks: list[Pick]) -> dict[int, float]:
    """The chance that the queue gives now what was drawn at random."""
    drawn = {pick.row.pk for pick in picks if pick.is_draw and pick.entry is None and not pick.is_new}
    return chances(source, cursor, drawn, {pick.row.pk for pick in picks if not pick.is_new} - drawn)


@cache
def _counting(sets: str, sizes: str) -> Statement:
    return Statement(f"UPDATE {Progress._meta.db_table} SET {sets} WHERE project_id = %s RETURNING draws, {sizes}")


def _count_draws(source: SubjectSource, project_id: int, picks: list[Pick]) -> tuple[int, dict[str, int]]:
    """Moves Progress; its draws then, and what random draws of each split picked from before these."""
    moved = source.moved(picks)
    sizes = [source.size_column(split) for split in _SPLITS]
    sets = ", ".join(f"{name} = {name} + %s" for name in ("draws", *source.moves))
    by = [sum(pick.is_draw for pick in picks), *(moved[name] for name in source.moves)]
    counting = _counting(sets, ", ".join(sizes))
    ((draws, *left),) = counting.rows([*by, project_id])
    return draws, {split: now - moved[name] for split, name, now in zip(_SPLITS, sizes, left, strict=True)}
