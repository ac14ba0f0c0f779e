"""The newest answers beside those of others to the same subject: who agrees with the others, and what he confuses."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, NamedTuple

import orjson

from labeling.consensus import NAMED, Given, GivenBy, against_the_others, left_out
from labeling.db.raw_rows import fetch
from labeling.kinds import Confusion, PerSubject, kind_of
from labeling.kinds.pairwise.kind import SWAPPED
from labeling.models import Project
from labeling.selectors.label_names import label_names
from labeling.selectors.people.key import CURRENT, KEY_COLUMNS, PersonKey


class ComparedAnswer(NamedTuple):
    """``said``: the answer in canonical form, of a pair with its sides as the pair has them, and whether it counts."""

    subject_id: int
    person: PersonKey
    said: GivenBy


@dataclass
class Compared:
    """Of one person, oldest first: whether each answer agreed with the others; and how often what was confused."""

    agreed: list[bool] = field(default_factory=list)
    confusions: Counter[Confusion] = field(default_factory=Counter)


#: Who was shown what a machine says did not answer independently, of it or of others who were shown it (decision 0093).
_ALONE = "NOT EXISTS (SELECT 1 FROM labeling_suggestion g WHERE g.task_id = a.task_id AND g.shown)"
#: Where answers stand whose person another one answered too; an imported label of an item without a name is nobody's.
_FROM = PerSubject(
    item=f"""a.item_id, CASE WHEN a.annotator_id IS NULL THEN '{NAMED}' ELSE a.source END, a.answer, 0
        FROM labeling_annotation a WHERE {{current}} AND a.id > %s AND a.item_id IS NOT NULL AND {_ALONE}""",
    pair=f"""a.pair_id, a.source, a.answer, CASE WHEN a.left_id = p.first_id THEN 0 ELSE 1 END
        FROM labeling_annotation a JOIN labeling_pair p ON p.id = a.pair_id
        LEFT JOIN labeling_task t ON t.id = a.task_id
        WHERE {{current}} AND a.id > %s AND (t.id IS NULL OR t.reason <> 'repeat') AND {_ALONE}""",
)


def newest_answers(project: Project, after: int) -> Iterator[ComparedAnswer]:
    """Current answers behind the one with the id ``after``, oldest first. Left out are repeats of pairs, and answers
    that were given beside a shown suggestion. One statement."""
    kind, out = kind_of(project), left_out(project)
    sql = f"SELECT {KEY_COLUMNS}, {_FROM.of(kind.subject).format(current=CURRENT)} ORDER BY a.id"

    read_text = label_names(project).read_text

    @lru_cache(maxsize=4096)
    def said(stored: str, is_turned: int, source: str, counts: bool) -> GivenBy | None:
        text = read_text(stored)
        if text is None:  # of a label that was split: neither right nor wrong until it is given anew
            return None
        answer = orjson.loads(text)
        told = kind.relabeled(answer, SWAPPED) if is_turned else answer
        return GivenBy(Given(json.dumps(told, sort_keys=True), source), counts)

    @cache
    def person(user: int | None, name: str) -> tuple[PersonKey, bool]:
        return PersonKey(user, name), not out.covers(user, name)

    for user, name, subject_id, source, stored, is_turned in fetch(sql, [project.pk, after]):
        who, counts = person(user, name)
        if (given := said(stored, is_turned, source, counts)) is not None:
            yield ComparedAnswer(subject_id, who, given)


def by_subject(answers: list[ComparedAnswer]) -> dict[int, list[int]]:
    """Places of the answers to each subject; of a person the first one."""
    places: dict[int, list[int]] = {}
    for place, answer in enumerate(answers):
        places.setdefault(answer.subject_id, []).append(place)
    for several in places.values():
        if len({answers[place].person for place in several}) < len(several):
            first = {answers[place].person: place for place in reversed(several)}
            several[:] = sorted(first.values())
    return places


def compared(project: Project, after: int) -> dict[PersonKey, Compared]:
    """Of everybody among the newest answers; nothing of who answered only what nobody else did."""
    answers = list(newest_answers(project, after))
    verdicts_of = against_the_others(kind_of(project), lru_cache(maxsize=4096)(_parse), project.labels.all_keys())
    found: dict[int, tuple[Confusion, ...]] = {}
    for places in by_subject(answers).values():
        if len(places) < 2:
            continue
        given = tuple([answers[place].said for place in places])
        for place, verdict in zip(places, verdicts_of(given), strict=True):
            if verdict is not None:
                found[place] = verdict
    people: dict[PersonKey, Compared] = {}
    for place in sorted(found):
        person = people.setdefault(answers[place].person, Compared())
        confusions = found[place]
        person.agreed.append(not confusions)
        if confusions:
            person.confusions.update(confusions)
    return people


def _parse(text: str) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(text)
    return parsed
