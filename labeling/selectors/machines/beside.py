"""Predictions beside what people said of the same items (pairs): read once, for any number of versions."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import orjson

from labeling.consensus import Consensus, Given, left_out, remembering
from labeling.db.insert import among_these
from labeling.db.raw_rows import fetch
from labeling.kinds import QuestionKind, kind_of
from labeling.models import Project
from labeling.selectors.label_names import LabelIdentities, label_names
from labeling.selectors.people.compared import by_subject, newest_answers
from labeling.selectors.people.counts import newest_from
from labeling.selectors.people.key import PersonKey


class Predicted(NamedTuple):
    """``text`` is the answer in canonical form, as people's are told."""

    subject_id: int
    text: str
    probabilities: dict[str, float] | None
    cost: float | None


@dataclass(frozen=True)
class AnsweredByPeople:
    """The newest answers of people who are not in quarantine and were shown no suggestion, by subject, oldest first."""

    project: Project
    said: dict[int, dict[PersonKey, Given]]
    names: LabelIdentities

    @cached_property
    def kind(self) -> QuestionKind:
        return kind_of(self.project)

    @cached_property
    def _consensus_of(self) -> Any:
        return remembering(self.kind, parse, self.project.labels.all_keys())

    def consensus(self, subject_id: int) -> Consensus | None:
        """What people come to; None where nobody answered, or they are tied."""
        given = self.said.get(subject_id)
        found: Consensus | None = self._consensus_of(tuple(given.values())) if given else None
        return None if found is None or found.tied else found

    def predicted(self, version_pk: int) -> Iterator[Predicted]:
        """What a version said of the subjects that people answered, in the order of people's first answers."""
        stored = {subject: rest for subject, *rest in self._stored(version_pk)}
        for subject in self.said:
            if (row := stored.get(subject)) is not None and (text := self._read(row[0])) is not None:
                shares = self._shares(row[1]) if row[1] else None
                yield Predicted(subject, text, shares, row[2])

    def texts_of(self, version_pk: int, subjects: Collection[int]) -> Iterator[tuple[int, str]]:
        """What a version said of these, whoever answered them."""
        relation = self.kind.subject.value
        among, given = among_these(sorted(subjects))
        sql = f"""SELECT {relation}_id, CAST(answer AS TEXT) FROM labeling_prediction
            WHERE version_id = %s AND {relation}_id {among} ORDER BY id"""
        for subject, stored in fetch(sql, [version_pk, given]) if subjects else ():
            if (text := self._read(stored)) is not None:
                yield subject, text

    def beside_suggestions(self, version_pk: int) -> Iterator[tuple[bool, str, str]]:
        """(shown, what the version suggested, what the person said) of all answers to questions that could have shown
        it, but for those of people in quarantine."""
        without, theirs = left_out(self.project).sql()
        sql = f"""SELECT g.shown, CAST(g.answer AS TEXT), CAST(a.answer AS TEXT) FROM labeling_suggestion g
            JOIN labeling_annotation a ON a.task_id = g.task_id
            WHERE g.version_id = %s AND a.is_current AND a.answer IS NOT NULL{without}"""
        for shown, stored, given in fetch(sql, [version_pk, *theirs]):
            suggested, said = self._read(stored), self._read(given)
            if suggested is not None and said is not None:
                yield bool(shown), suggested, said

    def _stored(self, version_pk: int) -> list[tuple[Any, ...]]:
        relation = self.kind.subject.value
        sql = f"""SELECT p.{relation}_id, CAST(p.answer AS TEXT), CAST(p.probabilities AS TEXT), p.cost
            FROM labeling_prediction p WHERE p.version_id = %s AND p.{relation}_id IS NOT NULL AND EXISTS (
                SELECT 1 FROM labeling_annotation a WHERE a.{relation}_id = p.{relation}_id AND a.is_current)"""
        return fetch(sql, [version_pk])

    @cached_property
    def _read(self) -> Any:
        read_text = self.names.read_text

        @lru_cache(maxsize=4096)
        def read(stored: str) -> str | None:
            text = read_text(stored)
            return None if text is None else json.dumps(orjson.loads(text), sort_keys=True)

        return read

    def _shares(self, stored: str) -> dict[str, float]:
        """By the labels of now: those that were merged add up."""
        shares: dict[str, float] = orjson.loads(stored)
        if not self.names.present:
            return shares
        found: dict[str, float] = {}
        for identity, share in shares.items():
            now = self.names.present.get(identity, identity)
            found[now] = min(found.get(now, 0.0) + share, 1.0)
        return found


def answered_by_people(project: Project) -> AnsweredByPeople:
    """One statement: users, and those whom imports name; nobody in quarantine."""
    answers = [answer for answer in newest_answers(project, newest_from(project)) if answer.said.counts]
    said = {
        subject: {answers[place].person: answers[place].said.given for place in places}
        for subject, places in by_subject(answers).items()
    }
    return AnsweredByPeople(project, said, label_names(project))


def people_in(said: Sequence[dict[PersonKey, Given]]) -> list[PersonKey]:
    """Everybody in these, in the order of their first answers."""
    return list(dict.fromkeys(person for given in said for person in given))


def parse(text: str) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(text)
    return parsed
