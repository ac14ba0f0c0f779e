"""The reports of this application by name, and how each is made."""

from typing import Any
from urllib.parse import parse_qsl

from labeling.extensions import installed
from labeling.models import Project, Snapshot
from labeling.selectors.agreement import agreement
from labeling.selectors.machines import VersionKnown, few_predictions, versions_known
from labeling.selectors.people import PeopleAnswers, read_answers
from labeling.selectors.row_count import export_row_count
from labeling.services.exports import checked_filters
from labeling.services.exports.snapshots import datasheet_of, schema_of
from labeling.services.reports.base import Report, from_json, has_few_answers, is_small

AGREEMENT, PEOPLE, MACHINES, EXPORT_ROWS = "agreement", "people", "machines", "export-rows"
SCHEMA, DATASHEET = "snapshot-schema", "snapshot-datasheet"


def _export_rows(project: Project, key: str) -> int:
    """``key``: the rows and the filters as a query."""
    given = dict(parse_qsl(key))
    return export_row_count(project, given.pop("rows"), checked_filters(given))


def _schema(project: Project, key: str) -> dict[str, Any]:
    """``key``: the snapshot's id and its state."""
    return schema_of(_snapshot(project, key))


def _datasheet(project: Project, key: str) -> str:
    """``key``: the snapshot's id and its state, and who reads it: ``names`` or ``pseudonyms``."""
    return datasheet_of(_snapshot(project, key), pseudonyms=key.endswith("pseudonyms"))


def _snapshot(project: Project, key: str) -> Snapshot:
    return Snapshot.objects.select_related("project").get(project=project, pk=int(key.partition(" ")[0]))


REPORTS = {
    AGREEMENT: Report(lambda project, key: agreement(project)),
    PEOPLE: Report(
        lambda project, key: read_answers(project), lambda content: from_json(PeopleAnswers, content)
    ),
    MACHINES: Report(
        lambda project, key: versions_known(project),
        lambda content: from_json(dict[int, VersionKnown], content),
        lambda project: has_few_answers(project) and few_predictions(project),
    ),
    EXPORT_ROWS: Report(_export_rows),
    SCHEMA: Report(_schema, is_small=is_small, moves=False),
    DATASHEET: Report(_datasheet, is_small=is_small, moves=False),
}  # fmt: skip


def report_named(name: str) -> Report:
    """Raises KeyError."""
    return (REPORTS | dict(installed().reports))[name]
