"""Predictions as export rows, of whoever asks for ``rows=predictions``: with the machine, its version and when."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db.models import Max

from labeling.db.raw_rows import decoder, fetch, iso
from labeling.kinds import PerSubject, kind_of
from labeling.models import Prediction, Project, Source
from labeling.selectors.columns import Column, Selection
from labeling.selectors.label_names import label_names

CHUNK_PREDICTIONS = 5_000


class _OfPrediction(NamedTuple):
    prediction_id: int


_SUBJECT = PerSubject(
    item=(
        Column("item_id", "integer", "i.id"),
        Column("external_id", "text", "i.external_id"),
        Column("split", "text", "i.split"),
    ),
    pair=(
        Column("pair_id", "integer", "i.id"),
        Column("left_id", "integer", "i.first_id"),
        Column("left_external_id", "text", "l.external_id"),
        Column("right_id", "integer", "i.second_id"),
        Column("right_external_id", "text", "r.external_id"),
        Column("split", "text", "i.split"),
    ),
)
_FROM = PerSubject(
    item="labeling_item i ON i.id = p.item_id",
    pair="""labeling_pair i ON i.id = p.pair_id JOIN labeling_item l ON l.id = i.first_id
        JOIN labeling_item r ON r.id = i.second_id""",
)


def prediction_columns(project: Project) -> list[Column]:
    """Of a pair its first item stands left."""
    return [
        *_SUBJECT.of(kind_of(project).subject),
        Column("kind", "text", "%s", (project.kind,)),
        Column("answer", "json", "p.answer", meaning="What the machine said, as a person would."),
        Column("probabilities", "json", "p.probabilities"),
        Column("source", "text", "%s", (Source.MACHINE.value,), meaning="machine: no person's answer."),
        Column("machine", "text", "m.name"),
        Column("machine_version", "text", "v.name"),
        Column("cost", "number", "p.cost"),
        Column("created_at", "time", iso("p.created_at"), meaning="When the prediction was stored, UTC."),
    ]


def prediction_rows(project: Project, split: str) -> Iterator[dict[str, Any]]:
    """Those that are stored now, oldest first, in bounded memory."""
    newest = Prediction.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"] or 0
    selection = Selection(prediction_columns(project), _OfPrediction, prediction_id="p.id")
    where, params = _where(project, split)
    sql = f"""SELECT {selection.sql} {where} AND p.id > %s AND p.id <= %s ORDER BY p.id LIMIT {CHUNK_PREDICTIONS}"""
    id_of = selection.getter("prediction_id")
    names, decode = label_names(project), decoder()
    answer_of = names.reading(decode)
    last = 0
    while records := fetch(sql, [*selection.params, *params, last, newest]):
        last = id_of(records[-1])
        for record in records:
            row = selection.row(record)
            row["answer"] = answer_of(row["answer"])
            row["probabilities"] = _shares(row["probabilities"], decode, names.name)
            yield row


def count_predictions(project: Project, split: str) -> int:
    where, params = _where(project, split)
    ((n,),) = fetch(f"SELECT COUNT(*) {where}", params)
    return int(n)


def _where(project: Project, split: str) -> tuple[str, list[Any]]:
    sql = f"""FROM labeling_prediction p JOIN labeling_machineversion v ON v.id = p.version_id
        JOIN labeling_machine m ON m.id = v.machine_id JOIN {_FROM.of(kind_of(project).subject)}
        WHERE p.project_id = %s"""
    return (f"{sql} AND i.split = %s", [project.pk, split]) if split else (sql, [project.pk])


def _shares(stored: str | None, decode: Callable[[str], Any], name: Callable[[str], str]) -> dict[str, float] | None:
    return {name(identity): share for identity, share in decode(stored).items()} if stored else None
