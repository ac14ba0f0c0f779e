"""Predictions in bulk: a row is stored, known already or refused by its number; none ever changes (decision 0087)."""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson
from django.db import transaction

from labeling.db.insert import RawInsert, among_these, now
from labeling.db.raw_rows import fetch
from labeling.kinds import InvalidAnswer, PerSubject, kind_of
from labeling.kinds.pairwise import SWAPPED
from labeling.models import Machine, MachineVersion, Prediction, PredictionImport, Project
from labeling.services.machines.rows import PredictedRow, RowCheck, UnreadableRow, as_text, refusal
from labeling.services.validation.errors import Invalid

MAX_ROWS = 100_000
#: Rows of one transaction: nobody else waits longer for the database.
CHUNK_ROWS = 5_000
ANOTHER_ANSWER = (
    "This version predicted otherwise before. A prediction is never changed: let a new version say it, or delete those "
    "of this one."
)


@dataclass
class _Outcome:
    accepted: int = 0
    repeated: int = 0
    rejections: list[dict[str, Any]] = field(default_factory=list)


def import_predictions(version: MachineVersion, rows: Sequence[Any], *, public_id: uuid.UUID) -> PredictionImport:
    """What became of each of the rows. Sent again it changes nothing: rows that are known are only counted.

    Raises Invalid when nothing of it can be taken in, IntegrityError when another import has the id.
    """
    machine = version.machine
    if len(rows) > MAX_ROWS:
        raise Invalid("rows", f"At most {MAX_ROWS:,} rows at a time.")
    outcome = _Outcome()
    for start in range(0, len(rows), CHUNK_ROWS):
        _take_in(machine.project, version, rows[start : start + CHUNK_ROWS], start + 1, outcome)
    outcome.rejections.sort(key=lambda one: one["row"])
    return PredictionImport.objects.create(
        public_id=public_id,
        project=machine.project,
        version=version,
        sha256=digest(rows),
        total=len(rows),
        accepted=outcome.accepted,
        repeated=outcome.repeated,
        rejections=outcome.rejections,
    )


def digest(rows: Sequence[Any]) -> str:
    """Of the rows as they were understood."""
    plain = [row.reason if isinstance(row, UnreadableRow) else row for row in rows]
    try:
        written = orjson.dumps(plain)
    except TypeError:  # a number or a character that it does not know: such a row is refused
        written = json.dumps(plain).encode()
    return sha256(written).hexdigest()


@transaction.atomic
def _take_in(project: Project, version: MachineVersion, rows: Sequence[Any], first: int, outcome: _Outcome) -> None:
    """One chunk. Imports of a machine go one after the other: what is known is read and written under its row."""
    locked = Machine.objects.select_for_update(no_key=True).get(pk=version.machine_id)
    if locked.ended_at is not None:
        raise Invalid("machine", "This machine was ended.")
    check, read = RowCheck(project), []
    for number, row in enumerate(rows, first):
        try:
            read.append(check(number, row))
        except (Invalid, InvalidAnswer) as error:
            outcome.rejections.append(refusal(number, error))
    relation = kind_of(project).subject.value
    known = _FIND.of(kind_of(project).subject)(project, read)
    new: dict[int, PredictedRow] = {}
    met: list[tuple[int, PredictedRow]] = []
    for row in read:
        found = known.get(row.about)
        if found is None:
            reason = f"There is no such {relation} in this project."
            outcome.rejections.append(refusal(row.row, Invalid(relation, reason)))
            continue
        subject, is_turned = found
        met.append((subject, _turned(row) if is_turned else row))
    stored = _stored(version, relation, [subject for subject, _ in met])
    for subject, row in met:
        before = stored.get(subject)
        if before is None and (earlier := new.get(subject)) is not None:
            before = earlier.answer, earlier.probabilities
        if before is None:
            new[subject] = row
        elif before == (row.answer, row.probabilities):
            outcome.repeated += 1
        else:
            outcome.rejections.append(refusal(row.row, Invalid("answer", ANOTHER_ANSWER)))
    _insert(project, version, relation, new)
    outcome.accepted += len(new)


def _turned(row: PredictedRow) -> PredictedRow:
    """With the first item of the pair on the left."""
    shares = row.probabilities
    turned = None if shares is None else {SWAPPED[name]: share for name, share in shares.items()}
    return row._replace(answer={"winner": SWAPPED[row.answer["winner"]]}, probabilities=turned)


def _stored(
    version: MachineVersion, relation: str, subjects: list[int]
) -> dict[int, tuple[dict[str, Any], dict[str, float] | None]]:
    """What the version said of these before."""
    among, given = among_these(subjects)
    sql = f"""SELECT {relation}_id, CAST(answer AS TEXT), CAST(probabilities AS TEXT) FROM labeling_prediction
        WHERE version_id = %s AND {relation}_id {among}"""
    return {
        subject: (orjson.loads(answer), orjson.loads(shares) if shares else None)
        for subject, answer, shares in fetch(sql, [version.pk, given])
    }


def _insert(project: Project, version: MachineVersion, relation: str, new: dict[int, PredictedRow]) -> None:
    fields = (relation, "answer", "probabilities", "cost")
    constants = {"project": project.pk, "version": version.pk, "created_at": now()}
    RawInsert(Prediction, fields, constants)(
        (subject, as_text(row.answer), as_text(row.probabilities) if row.probabilities else None, row.cost)
        for subject, row in new.items()
    )


#: By what rows are about: the number of the item (the pair), and whether a pair's first item stands on the right there.
Found = dict[Any, tuple[int, bool]]


def _items(project: Project, rows: Iterable[PredictedRow]) -> Found:
    abouts = {row.about for row in rows}
    found: Found = {}
    numbers = [about.number for about in abouts if about.number is not None]
    if numbers:
        among, given = among_these(numbers)
        sql = f"SELECT id FROM labeling_item WHERE project_id = %s AND id {among}"
        found.update({(pk, ()): (pk, False) for (pk,) in fetch(sql, [project.pk, given])})
    by_id = _by_external_id(project, {about.ids[0] for about in abouts if about.ids})
    found.update({(None, (external_id,)): (pk, False) for external_id, pk in by_id.items()})
    return found


def _pairs(project: Project, rows: Iterable[PredictedRow]) -> Found:
    abouts = {row.about for row in rows}
    found: Found = {}
    numbers = [about.number for about in abouts if about.number is not None]
    if numbers:
        among, given = among_these(numbers)
        sql = f"SELECT id FROM labeling_pair WHERE project_id = %s AND id {among}"
        found.update({(pk, ()): (pk, False) for (pk,) in fetch(sql, [project.pk, given])})
    by_id = _by_external_id(project, {name for about in abouts for name in about.ids})
    among, given = among_these(sorted(by_id.values()))
    sql = f"SELECT first_id, second_id, id FROM labeling_pair WHERE first_id {among} AND second_id {among}"
    pairs = {(first, second): pk for first, second, pk in fetch(sql, [given, given])} if by_id else {}
    for about in abouts:
        if len(about.ids) == 2 and by_id.keys() >= set(about.ids):
            left, right = (by_id[name] for name in about.ids)
            if (pk := pairs.get((min(left, right), max(left, right)))) is not None:
                found[about] = pk, left > right
    return found


_FIND = PerSubject(item=_items, pair=_pairs)


def _by_external_id(project: Project, ids: set[str]) -> dict[str, int]:
    if not ids:
        return {}
    among, given = among_these(sorted(ids))
    sql = f"SELECT external_id, id FROM labeling_item WHERE project_id = %s AND external_id {among}"
    return dict(fetch(sql, [project.pk, given]))
