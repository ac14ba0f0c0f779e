"""The labeled data set as a file in one of several formats: a table, a file for one reader, or a folder as zip."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from labeling.kinds import kind_of
from labeling.models import Annotation, BulkDo, BulkStep, JobState, Project, Source, Split
from labeling.selectors.batches import in_batches, rows_of
from labeling.selectors.columns import Column
from labeling.selectors.export import CHOICES, ROWS, Filters, bounded, export_batches, export_columns, fixed_columns
from labeling.selectors.label_scheme import version_now
from labeling.selectors.names import PERSON_COLUMNS, REVIEWED_BY, under_pseudonyms
from labeling.selectors.row_count import export_row_count
from labeling.selectors.row_shapes import row_names, row_names_of, shape_named
from labeling.services.exports.base import ColumnFormat, ExportFormat
from labeling.services.exports.counting import ConversionCount, RowCount
from labeling.services.exports.datasets import DATA_SETS, DataSetFormat
from labeling.services.exports.delimited import Csv
from labeling.services.exports.folders import FOLDERS, FolderFormat
from labeling.services.exports.folders.content import DataSet
from labeling.services.exports.folders.write import zipped
from labeling.services.exports.jsonl import JsonLines
from labeling.services.exports.parquet import Parquet
from labeling.services.validation.errors import Invalid
from labeling.services.validation.sources import checked_sources

#: Tables, of any rows.
FORMATS: dict[str, ExportFormat] = {format_.name: format_ for format_ in (JsonLines(), Csv(), Parquet())}

__all__ = [
    "DATA_SETS",
    "FOLDERS",
    "FORMATS",
    "ExportFormat",
    "FolderFormat",
    "check_columns",
    "check_fits",
    "check_folder",
    "check_format",
    "check_some_left",
    "checked_filters",
    "checked_shape",
    "chosen_columns",
    "columns_of",
    "data_sets_of",
    "export_file",
    "file_name",
    "format_named",
    "format_names",
    "holds_people",
]

_VALUES = {"split": Split.values, "source": Source.values, "only": ["iid"]}


def format_names() -> list[str]:
    return [*FORMATS, *DATA_SETS, *FOLDERS]


def format_named(name: str) -> ExportFormat | FolderFormat:
    """A table, a data set or a folder. Raises KeyError."""
    return FOLDERS[name] if name in FOLDERS else _written_in_one(name)


def _written_in_one(name: str) -> ExportFormat:
    return FORMATS[name] if name in FORMATS else DATA_SETS[name]


def data_sets_of(project: Project) -> dict[str, DataSetFormat]:
    """The data sets that a project can be written as."""
    shapes = row_names_of(project)
    return {
        name: made for name, made in DATA_SETS.items() if made.made_of in shapes and project.modality in made.modalities
    }


def checked_shape(format_: Any, rows: Any) -> tuple[str, str]:
    """Format and row shape; that of a data set is its own, whether it is said or not. Raises Invalid."""
    if not isinstance(format_, str) or format_ not in format_names():
        raise Invalid("format", f"Expected one of {', '.join(format_names())}.")
    if not isinstance(rows, str) or rows not in row_names():
        raise Invalid("rows", f"Expected one of {', '.join(row_names())}.")
    if made := DATA_SETS.get(format_):
        if rows not in (ROWS[0], made.made_of):
            raise Invalid("rows", f"{format_} is made of {made.made_of}.")
        return format_, made.made_of
    return format_, rows


def check_format(project: Project, format_: str) -> None:
    """Raises Invalid for a data set that this project cannot be written as."""
    made = DATA_SETS.get(format_)
    if made is None:
        return
    if made.made_of not in row_names_of(project):
        raise Invalid("format", f"{format_} is made of {made.made_of}, which this project does not have.")
    if project.modality not in made.modalities:
        raise Invalid("format", f"{format_} takes {', '.join(made.modalities)}; this project has {project.modality}.")


def check_folder(project: Project, format_: str, rows: str) -> None:
    """Raises Invalid where a folder has no place for the project or for rows of this shape."""
    folder = FOLDERS.get(format_)
    if folder and (reason := folder.refuse(project, rows)):
        raise Invalid("format", reason)


def check_fits(project: Project, rows: str, filters: Filters) -> None:
    """Raises Invalid for rows that this kind of project does not have, and for filters that mean nothing for them."""
    if rows not in row_names_of(project):
        raise Invalid("rows", f"This project has {', '.join(row_names_of(project))}.")
    if filters.selection:
        _check_selection(project, filters.selection)
    shape = shape_named(rows)
    for name in public(filters):
        if shape and name not in shape.filters:
            raise Invalid(name, f"There is no such filter for {rows}.")
    if filters.scheme is not None and filters.scheme > (newest := version_now(project)):
        raise Invalid("scheme", f"The newest version of the labels is {newest}.")


def _check_selection(project: Project, selection: str) -> None:
    """Raises Invalid."""
    if not kind_of(project).answers_are_of_items:
        raise Invalid("selection", "Judgments of pairs are not chosen by items.")
    kept = BulkStep.objects.filter(project=project, public_id=selection, do=BulkDo.SELECT).first()
    if kept is None:
        raise Invalid("selection", "There is no such selection in this project.")
    if kept.state != JobState.DONE:
        raise Invalid("selection", "The selection is still being made: try again in a moment.")


def check_some_left(project: Project, filters: Filters) -> None:
    """Raises Invalid where several sources were named and there is no answer of them."""
    if filters.sources and not export_row_count(project, "annotations", filters):
        also = "".join(f" with {name}={value}" for name, value in public(filters).items() if name != "sources")
        raise Invalid("sources", f"Nothing is left: no answer is of {' or '.join(filters.sources)}{also}.")


def checked_filters(given: Any) -> Filters:
    """``split``, ``source``, ``sources`` (names, with commas between them where it is a text), ``only``; empty means
    no filter; ``scheme``, the version of the labels; ``selection``, the id of a step that keeps items.

    Raises Invalid."""
    if not isinstance(given, Mapping):
        raise Invalid("filters", "Expected an object.")
    for name, value in given.items():
        if name in ("scheme", "sources", "selection"):
            continue
        if name not in CHOICES:
            raise Invalid(str(name), f"There is no such filter. There are: {', '.join(CHOICES)}, scheme.")
        if value and value not in _VALUES[name]:
            raise Invalid(name, f"Expected one of {', '.join(_VALUES[name])}.")
    split, source, only = (given.get(name) or "" for name in _VALUES)
    sources = checked_sources("sources", given.get("sources"))
    if source and sources:
        raise Invalid("sources", "Name all of them here: source is there too.")
    scheme, selection = _checked_scheme(given.get("scheme")), _checked_selection(given.get("selection"))
    return Filters(split, source, sources, only, selection, scheme=scheme)


def _checked_selection(given: Any) -> str:
    """Raises Invalid."""
    try:
        return str(UUID(str(given))) if given else ""
    except ValueError:
        raise Invalid("selection", "Expected the id of a selection.") from None


def _checked_scheme(given: Any) -> int | None:
    """Raises Invalid."""
    if given in (None, ""):
        return None
    text = str(given)
    if isinstance(given, bool) or not (text.isascii() and text.isdigit() and 1 <= int(text[:12]) < 2**31):
        raise Invalid("scheme", "Expected the number of a version of the labels, from 1.")
    return int(text)


def public(filters: Filters) -> dict[str, str]:
    """The filters that a person gave, as they can be given again."""
    given = asdict(filters) | {"sources": ",".join(filters.sources)}
    return {name: given[name] for name in CHOICES if given[name]}


def holds_people(project: Project, rows: str, until: datetime | None = None) -> bool:
    """Whether rows of the shape say who answered, or who decided: of items what was reviewed, ``until`` then."""
    shape = shape_named(rows)
    columns = shape.columns(project) if shape else fixed_columns(project, rows)
    named = {column.name for column in columns} & set(PERSON_COLUMNS)
    if named == {REVIEWED_BY}:
        decided = Annotation.objects.filter(project=project, source=Source.REVIEW)
        return (decided.filter(created_at__lte=until) if until else decided).exists()
    return bool(named)


def file_name(project: Project, format_: str, rows: str) -> str:
    what = f"{rows}-{format_}" if format_ in FOLDERS else format_ if format_ in DATA_SETS else rows
    return f"{project.slug}-{what}.{format_named(format_).extension}"


def export_file(
    project: Project,
    format_: str,
    rows: str,
    filters: Filters,
    count: RowCount | None = None,
    chosen: Sequence[str] = (),
) -> Iterator[bytes]:
    """The pieces of the file; the data set is that of the moment of the call. ``count`` counts the rows written.

    ``chosen`` columns only, in that order; all of them where it is empty. Raises Invalid.
    """
    format_, rows = checked_shape(format_, rows)
    check_format(project, format_)
    check_fits(project, rows, filters)
    check_some_left(project, filters)
    check_folder(project, format_, rows)
    filters = bounded(project, filters)
    if folder := FOLDERS.get(format_):
        _refuse_columns(format_, chosen)
        return zipped(folder, DataSet(project, rows, filters, count or ConversionCount(folder)))
    writer = _written_in_one(format_)
    shape = shape_named(rows)
    columns = columns_of(project, rows, filters, typed=writer.needs_types)
    batches = in_batches(shape.rows(project, filters)) if shape else export_batches(project, rows, filters)
    if chosen:
        columns = chosen_columns(columns, chosen, format_)
        names = [column.name for column in columns]
        batches = (batch.only(names) for batch in batches)
    if filters.pseudonyms and holds_people(project, rows):
        batches = under_pseudonyms(batches, project)
    if count:
        count.begin(columns, _own_names(project, rows, columns), rows)
        batches = count.over_batches(batches)
    if isinstance(writer, ColumnFormat):
        return writer.write_batches(columns, batches, kind_of(project))
    return writer.write(columns, rows_of(batches), kind_of(project))


def _own_names(project: Project, rows: str, columns: Sequence[Column]) -> set[str]:
    """The columns that items brought with them: rows of the further shapes have none."""
    if shape_named(rows):
        return set()
    return {column.name for column in columns} - {column.name for column in fixed_columns(project, rows)}


def columns_of(project: Project, rows: str, filters: Filters, *, typed: bool = True) -> Sequence[Column]:
    """All columns of a table of ``bounded`` rows."""
    shape = shape_named(rows)
    return shape.columns(project) if shape else export_columns(project, rows, filters, typed=typed)


def chosen_columns(columns: Sequence[Column], names: Sequence[str], format_: str) -> Sequence[Column]:
    """Those with the names, in the order of these; all where there are none. Raises Invalid."""
    if not names:
        return columns
    if format_ in DATA_SETS:
        _refuse_columns(format_, names)
    by_name = {column.name: column for column in columns}
    for name in names:
        if name not in by_name:
            raise Invalid("columns", f"There is no column {name[:80]!r}. There are: {', '.join(by_name)}."[:1000])
    return [by_name[name] for name in dict.fromkeys(names)]


def check_columns(project: Project, format_: str, rows: str, filters: Filters, names: Sequence[str]) -> None:
    """Raises Invalid for columns that the rows do not have, and for a format whose columns are its readers'."""
    if not names:
        return
    if format_ in FOLDERS:
        _refuse_columns(format_, names)
    chosen_columns(columns_of(project, rows, filters, typed=False), names, format_)


def _refuse_columns(format_: str, names: Sequence[str]) -> None:
    if names:
        raise Invalid("columns", f"The columns of {format_} are those of its readers.")
