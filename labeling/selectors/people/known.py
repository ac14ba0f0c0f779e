"""Questions whose answer is known: the same person's from before (repeats), or the truth (gold)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from labeling.db.raw_rows import decoder, fetch
from labeling.kinds import PerSubject, kind_of
from labeling.kinds.pairwise.kind import SWAPPED
from labeling.models import Gold, GoldTold, Member, Project
from labeling.models.task import AIMED
from labeling.selectors.label_names import label_names
from labeling.selectors.people.key import HAS_KEY, KEY_COLUMNS, PersonKey

#: Equal, or right, of so many.
Count = tuple[int, int]
REMEMBERED = 4096

#: Whether the two of a pair stood the other way round when it was asked again, or than the pair has them.
_TURNED = PerSubject(item="0", pair="CASE WHEN a.left_id = f.left_id THEN 0 ELSE 1 END")


def repeats(project: Project, person: PersonKey | None = None, before: datetime | None = None) -> dict[int, Count]:
    """By user, how many of the questions that were asked again had the same answer again; of everybody, or of one user
    those answered ``before``."""
    kind = kind_of(project)
    relation = f"{kind.subject.value}_id"
    turned = _TURNED.of(kind.subject)
    bounds, given = "", []
    if person is not None:
        bounds, given = " AND t.annotator_id = %s AND a.created_at < %s", [person.user_id, before]
    sql = f"""
        SELECT t.annotator_id, f.answer, a.answer, {turned} AS turned, COUNT(*)
        FROM labeling_task t
        JOIN labeling_annotation a ON a.task_id = t.id AND a.is_current AND a.answer IS NOT NULL
        JOIN labeling_annotation f ON f.{relation} = a.{relation} AND f.annotator_id = a.annotator_id
            AND f.is_current AND f.answer IS NOT NULL
        JOIN labeling_task ft ON ft.id = f.task_id AND ft.reason <> 'repeat'
        WHERE t.project_id = %s AND t.reason = 'repeat'{bounds}
        GROUP BY t.annotator_id, f.answer, a.answer, turned"""
    decode, scheme = decoder(), label_names(project)

    def outcomes() -> Iterable[tuple[int, bool, int]]:
        for user, first, again, is_turned, n in fetch(sql, [project.pk, *given]):
            if not scheme.counts(decode(first)) or not scheme.counts(decode(again)):
                continue
            said = scheme.read(decode(again))
            yield user, scheme.read(decode(first)) == (kind.relabeled(said, SWAPPED) if is_turned else said), n

    return _summed(outcomes())


@dataclass
class GoldRecord:
    """Whether one person's answers to questions of known answer were ``right``, oldest first; the first ``waived`` of
    them were looked at by a manager and propose nothing any more."""

    right: list[bool] = field(default_factory=list)
    waived: int = 0

    def add(self, is_right: bool, is_waived: bool) -> None:
        self.right.insert(self.waived if is_waived else len(self.right), is_right)
        self.waived += is_waived

    @property
    def tested(self) -> list[bool]:
        """Those that count in the test of the person."""
        return self.right[self.waived :]


def gold(project: Project) -> dict[PersonKey, GoldRecord]:
    """By person; those of nobody who was asked none.

    Without those that were chosen for the person: honest people are right in fewer of them (decision 0095).
    """
    return _GOLD.of(kind_of(project).subject)(project)


#: Of two that are compared.
_EVEN_CHANCE = 0.5


def chance_of(project: Project) -> float:
    """The probability that a guess is right, by which gold tells guessing from knowing."""
    return _CHANCE.of(kind_of(project).subject)(project)


_CHANCE: PerSubject[Callable[[Project], float]] = PerSubject(
    item=lambda project: kind_of(project).chance(project.labels.in_use().count()), pair=lambda project: _EVEN_CHANCE
)


def _gold_of_pairs(project: Project) -> dict[PersonKey, GoldRecord]:
    sql = f"""
        SELECT {KEY_COLUMNS}, p.gold, CASE WHEN a.left_id = p.first_id THEN 0 ELSE 1 END, a.answer, {_IS_WAIVED}
        FROM labeling_pair p
        JOIN labeling_annotation a ON a.pair_id = p.id AND a.is_current AND a.answer IS NOT NULL AND {HAS_KEY}
        LEFT JOIN labeling_task t ON t.id = a.task_id
        LEFT JOIN labeling_member m ON m.user_id = a.annotator_id AND m.project_id = p.project_id
        WHERE p.project_id = %s AND p.gold IS NOT NULL AND (t.id IS NULL OR t.reason <> 'repeat')
        ORDER BY a.id"""
    decode = decoder()
    as_left = {Gold.FIRST.value: "left", Gold.SECOND.value: "right"}
    found: dict[PersonKey, GoldRecord] = {}
    for user, name, truth, is_turned, answer, is_waived in fetch(sql, [project.pk]):
        said = decode(answer)["winner"]
        is_right = as_left.get(truth, truth) == (SWAPPED[said] if is_turned else said)
        found.setdefault(PersonKey(user, name), GoldRecord()).add(is_right, bool(is_waived))
    return found


def _gold_of_items(project: Project) -> dict[PersonKey, GoldRecord]:
    sql = f"""
        SELECT {KEY_COLUMNS}, k.answer, a.answer, g.is_right, {_IS_WAIVED}
        FROM labeling_knownanswer k
        JOIN labeling_annotation a ON a.item_id = k.item_id AND a.is_current AND a.answer IS NOT NULL AND {HAS_KEY}
        LEFT JOIN labeling_task t ON t.id = a.task_id
        LEFT JOIN labeling_goldtold g ON g.task_id = a.task_id
        LEFT JOIN labeling_member m ON m.user_id = a.annotator_id AND m.project_id = k.project_id
        WHERE k.project_id = %s AND {AT_RANDOM} AND NOT {BY_ITS_MAKER}
        ORDER BY a.id"""
    judge = judging(project)
    found: dict[PersonKey, GoldRecord] = {}
    for user, name, truth, answer, told, is_waived in fetch(sql, [project.pk]):
        # who was told the truth may have answered anew since
        if (is_right := judge(truth, answer) if told is None else bool(told)) is not None:
            found.setdefault(PersonKey(user, name), GoldRecord()).add(is_right, bool(is_waived))
    taken_back = GoldTold.objects.filter(pk__in=[pk for (pk,) in fetch(_TAKEN_BACK, [project.pk])])
    waived = dict(Member.objects.filter(project=project).order_by().values_list("user_id", "gold_waived_at"))
    for user, is_right, told_at in taken_back.order_by("pk").values_list("task__annotator", "is_right", "told_at"):
        # told, and taken back: it was answered all the same
        is_waived = (until := waived.get(user)) is not None and told_at <= until
        found.setdefault(PersonKey(user), GoldRecord()).add(is_right, is_waived)
    return found


# raw, so that the partial index of such tasks is found
_TAKEN_BACK = f"""SELECT g.id FROM labeling_task t CROSS JOIN labeling_goldtold g
    WHERE g.task_id = t.id AND t.project_id = %s AND t.reason = 'gold' AND NOT (t.state = 'answered')
    AND t.strategy <> '{AIMED}'"""
#: Given before a manager looked at the person's gold (``Member.gold_waived_at``).
_IS_WAIVED = "CASE WHEN a.created_at <= m.gold_waived_at THEN 1 ELSE 0 END"
#: A question that no suspicion had a hand in, and no repeat.
AT_RANDOM = f"(t.id IS NULL OR (t.reason <> 'repeat' AND t.strategy <> '{AIMED}'))"
#: What a reviewer has made gold of does not test the same reviewer.
BY_ITS_MAKER = "(k.origin <> 'import' AND COALESCE(k.made_by_id, 0) = COALESCE(a.annotator_id, -1))"


def judging(project: Project) -> Callable[[str, str], bool | None]:
    """``judge_of`` for stored JSON; the same two are held against each other once."""
    judge, decode = judge_of(project), decoder()
    return lru_cache(maxsize=REMEMBERED)(lambda truth, answer: judge(decode(truth), decode(answer)))


def judge_of(project: Project) -> Callable[[dict[str, Any], dict[str, Any]], bool | None]:
    """Whether a stored answer is right, by the stored truth; None where one of them says nothing in the labels of now,
    or the truth is one that nobody can give any more."""
    kind, scheme = kind_of(project), label_names(project)
    labels = list(project.labels.in_use().all_keys())

    def judge(truth: dict[str, Any], answer: dict[str, Any]) -> bool | None:
        true, said = scheme.read(truth), scheme.read(answer)
        if not scheme.counts(true) or not scheme.counts(said) or kind.within(true, labels) != true:
            return None
        return kind.is_right(said, true, labels)

    return judge


_GOLD: PerSubject[Callable[[Project], dict[PersonKey, GoldRecord]]] = PerSubject(
    item=_gold_of_items, pair=_gold_of_pairs
)


def _summed(outcomes: Iterable[tuple[Any, bool, int]]) -> dict[Any, Count]:
    found: dict[Any, Count] = {}
    for who, holds, n in outcomes:
        held, asked = found.get(who, (0, 0))
        found[who] = held + n * holds, asked + n
    return found
