"""People whose answers are too alike: who, on what, how unlikely that is, and what the consensus is without them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from labeling.consensus import Ballots
from labeling.consensus.by_evidence import majority
from labeling.kinds import Subject, kind_of
from labeling.models import Item, ItemStatus, KnownAnswer, Member, Project, Split
from labeling.selectors.label_names import label_names
from labeling.selectors.people import PersonKey
from labeling.selectors.people.cards import names_of
from labeling.selectors.people.compared import newest_answers
from labeling.selectors.people.counts import newest_from
from learning.core.aggregation import NO_LABEL, KnownTruth, gold_of, votes_of
from learning.core.aggregation.collusion import evidence_of, gold_to_ask, lying_together, of_one_mind

if TYPE_CHECKING:
    from learning.core.aggregation import Votes
    from learning.core.arrays import IntArray

ITEMS_TOLD, TURNS_TOLD = 10, 5
#: Gold that is chosen for people of one mind: the same for all of a group, or they cannot be wrong together.
MOST_AIMED = 16
#: Odds are told up to here: beyond it nobody takes in the number.
MOST_TENS = 99


@dataclass(frozen=True)
class ChangedLabel:
    """``n`` items where the group says one thing and the others another; or which are one thing and become another."""

    one: str
    other: str
    n: int


@dataclass(frozen=True)
class WrongTogether:
    """An item of known answer to which most of the group gave the same wrong one."""

    item: int
    external_id: str | None
    said: str
    truth: str


@dataclass(frozen=True)
class AlikeGroup:
    """``tens``: the odds that two of them are of one mind are ten to that power to one. ``lies``: gold has them wrong
    together, by odds of a thousand and more. ``moved``: items whose label by the majority is another one without them.
    ``aimed``: items of known answer from which half of the gold they are asked is chosen.
    """

    people: tuple[str, ...]
    agreed: int
    met: int
    agreed_outside: int
    met_outside: int
    tens: int
    contradicts: tuple[ChangedLabel, ...]
    contradicted_items: tuple[int, ...]
    lies: bool
    wrong_together: tuple[WrongTogether, ...]
    moved: int
    becomes: tuple[ChangedLabel, ...]
    aimed: int


@dataclass(frozen=True)
class AlikeReport:
    """``is_asked``: of other kinds nothing is known. Over the newest ``answers``, ``gold`` of their items known."""

    is_asked: bool
    groups: tuple[AlikeGroup, ...] = ()
    answers: int = 0
    items: int = 0
    gold: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Compared:
    """Answers as numbers: the items, people and labels behind the numbers."""

    votes: Votes
    known: KnownTruth
    items: tuple[int, ...]
    people: tuple[PersonKey, ...]
    labels: tuple[str, ...]


def alike_report(project: Project) -> AlikeReport:
    """Groups, those that gold has wrong together first. Answers of people in quarantine do not count, of imported names
    do. Only where an answer is one label of an item."""
    if not _is_asked(project):
        return AlikeReport(is_asked=False)
    said = _said(project)
    lying = {tuple(group.people.tolist()): group.items for group in lying_together(said.votes, said.known)}
    names = names_of(project, said.people)
    told = [names[person] for person in said.people]
    aimed = Member.objects.filter(project=project, gold_aims__isnull=False).order_by()
    aims = {user: len(items or ()) for user, items in aimed.values_list("user_id", "gold_aims")}
    groups = [_group(said, group, lying.get(tuple(group.tolist())), told, aims) for group in of_one_mind(said.votes)]
    return AlikeReport(
        is_asked=True,
        groups=tuple(sorted(groups, key=lambda group: (not group.lies, -len(group.people), group.people))),
        answers=len(said.votes),
        items=said.votes.n_items,
        gold=int((said.known.gold != NO_LABEL).sum()),
    )


def gold_for_suspects(project: Project, rng: np.random.Generator) -> dict[int, list[int]]:
    """By user who is of one mind with others, items of known answer where they would be wrong together if they lie."""
    if not _is_asked(project):
        return {}
    said = _said(project)
    groups = of_one_mind(said.votes)
    if not groups:
        return {}
    number = {item: n for n, item in enumerate(said.items)}
    place = {key: n for n, key in enumerate(project.labels.all_keys())}
    rows = _gold(project, place, item__split=Split.POOL, item__status=ItemStatus.ACTIVE)
    items, truth = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    at = np.array([number.get(item, -1) for item in items.tolist()], dtype=np.int64)
    found = {}
    for group in groups:
        chosen = items[gold_to_ask(said.votes, group, truth, at, MOST_AIMED, rng)].tolist()
        for person in group.tolist() if chosen else ():
            if (user := said.people[person].user_id) is not None:
                found[user] = chosen
    return found


def _is_asked(project: Project) -> bool:
    kind = kind_of(project)
    return kind.subject is Subject.ITEM and kind.family == "labels" and kind.labels_exclude


def _said(project: Project) -> _Compared:
    """The newest answers that count."""
    answers = [one for one in newest_answers(project, newest_from(project)) if one.said.counts]
    kind, scheme = kind_of(project), label_names(project)
    keys = list(project.labels.all_keys())
    place = {key: number for number, key in enumerate(keys)}
    label_of: dict[str, int | None] = {}
    items: dict[int, int] = {}
    people: dict[PersonKey, int] = {}
    rows = []
    for answer in answers:
        text = answer.said.given.text
        if text not in label_of:
            labels = kind.labels_of(orjson.loads(text))
            label_of[text] = place.get(labels[0]) if len(labels) == 1 else None
        label = label_of[text]
        if label is not None:
            item = items.setdefault(answer.subject_id, len(items))
            rows.append((item, people.setdefault(answer.person, len(people)), label))
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    sizes = {"n_items": len(items), "n_people": len(people), "n_labels": max(len(keys), 1)}
    known_items = [(items[item], label) for item, label in _gold(project, place) if item in items]
    gold = np.array(known_items, dtype=np.int64).reshape(-1, 2)
    votes = votes_of(table[:, 0], table[:, 1], table[:, 2], **sizes)
    known = KnownTruth(gold_of(gold[:, 0], gold[:, 1], len(items)))
    return _Compared(votes, known, tuple(items), tuple(people), tuple(scheme.name(key) for key in keys))


def _gold(project: Project, place: dict[str, int], **among: Any) -> list[tuple[int, int]]:
    """Items whose known answer is one label, each with the label's place."""
    kind, scheme = kind_of(project), label_names(project)
    found = []
    rows = KnownAnswer.objects.filter(project=project, **among).order_by("item").values_list("item_id", "answer")
    for item_id, answer in rows.iterator(chunk_size=5_000):
        labels = kind.labels_of(scheme.read(answer)) if scheme.counts(answer) else ()
        if len(labels) == 1 and labels[0] in place:
            found.append((item_id, place[labels[0]]))
    return found


def _group(
    said: _Compared, group: IntArray, lied: IntArray | None, names: Sequence[str], aims: dict[int, int]
) -> AlikeGroup:
    found = evidence_of(said.votes, group)
    against = [(int(item), int(ours), int(theirs)) for item, ours, theirs in found.contradicted]
    turns = Counter((said.labels[ours], said.labels[theirs]) for _, ours, theirs in against)
    before, after = (_majority(said.votes, leave_out) for leave_out in (None, group))
    became = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    moves = Counter((_word(one, said), _word(other, said)) for one, other in became)
    return AlikeGroup(
        people=tuple(names[person] for person in group),
        agreed=found.agreed,
        met=found.met,
        agreed_outside=found.agreed_outside,
        met_outside=found.met_outside,
        tens=max(0, min(MOST_TENS, int(found.log_odds / np.log(10.0)))),
        contradicts=_turns(turns),
        contradicted_items=tuple(said.items[item] for item, _, _ in against[:ITEMS_TOLD]),
        lies=lied is not None,
        wrong_together=_wrong(said, group, lied) if lied is not None else (),
        moved=len(became),
        becomes=_turns(moves),
        aimed=max(aims.get(said.people[person].user_id or 0, 0) for person in group.tolist()),
    )


def _wrong(said: _Compared, group: IntArray, lied: IntArray) -> tuple[WrongTogether, ...]:
    numbers = [int(item) for item in lied[:ITEMS_TOLD]]
    ids = dict(Item.objects.filter(pk__in=[said.items[item] for item in numbers]).values_list("pk", "external_id"))
    ours = said.votes.where(np.isin(said.votes.people, group))
    counts = ours.summed(np.ones(len(ours)))
    told = []
    for item in numbers:
        truth = int(said.known.gold[item])
        wrong = counts[item].copy()
        wrong[truth] = -1.0
        pk = said.items[item]
        told.append(WrongTogether(pk, ids.get(pk), said.labels[int(wrong.argmax())], said.labels[truth]))
    return tuple(told)


def _majority(votes: Votes, leave_out: IntArray | None) -> Sequence[int | None]:
    kept = votes if leave_out is None else votes.where(~np.isin(votes.people, leave_out))
    columns = kept.items.tolist(), kept.people.tolist(), kept.labels.tolist()
    return majority(Ballots(*columns, (), votes.n_items, votes.n_people, votes.n_labels)).labels


def _word(label: int | None, said: _Compared) -> str:
    """ "" for a tie, or for an item that nobody else answered."""
    return "" if label is None else said.labels[label]


def _turns(counts: Counter[tuple[str, str]]) -> tuple[ChangedLabel, ...]:
    most = sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:TURNS_TOLD]
    return tuple(ChangedLabel(one, other, n) for (one, other), n in most)
