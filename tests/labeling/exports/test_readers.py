"""Every table and data set against the readers that will get it; ``docs/guide/formats.md`` is made of what they read.

    UPDATE_FORMATS=1 python -m pytest tests/labeling/exports/test_readers.py

writes the page anew.
"""

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from labeling.models import Project
from labeling.selectors.export import Filters
from labeling.services.exports import FOLDERS, export_file, format_named
from labeling.services.exports.delimited import neutral
from labeling.services.exports.losses import limits
from labeling.services.exports.table_schema import table_schema
from tests.factories import UserFactory
from tests.labeling.exports.awkward import LABELS, awkward_project, stored, unpacked

if TYPE_CHECKING:  # each process collects these tests, one loads the readers
    from tests.labeling.exports.pair_readings import PairReading
    from tests.labeling.exports.readings import Reading, Rows

PAGE = Path(__file__).resolve().parents[3] / "docs" / "guide" / "formats.md"
#: Readers look at up to the first 20,480 rows, or 10 MB; what comes after must not be lost.
SEEDS = 25_000
#: mlcroissant makes a row at a time, of a file that says its types.
FEW_SEEDS = 60
ROWS = "annotations"
#: From here on the page is that of ``tests/labeling/imports/foreign/test_own_page.py``.
OWN_PART = "## Our own exports, read back"


_FOUND: "dict[Reading | PairReading, str]" = {}


@pytest.fixture
def found(db, tmp_path) -> "dict[Reading | PairReading, str]":
    """What each reader loses, in words; "" for nothing. Written and read once for all tests."""
    from tests.labeling.exports import pair_readings
    from tests.labeling.exports.readings import READINGS

    if not _FOUND:
        people = [UserFactory(username=name) for name in ("=ann", "NULL", "007")]
        for seeds in (SEEDS, FEW_SEEDS):
            project = awkward_project(people, seeds=seeds)
            readings = [reading for reading in READINGS if seeds_of(reading) == seeds]
            folder = tmp_path / str(seeds)
            folder.mkdir()
            files = {form: written(project, form, folder) for form in {reading.form for reading in readings}}
            expected = stored(project, ROWS, split="pool")
            schema = table_schema(project, "jsonl", ROWS, Filters(split="pool"))
            for reading in readings:
                _FOUND[reading] = losses(reading, files[reading.form], expected, tmp_path / "cache", schema)
        _FOUND.update((reading, reading.losses(tmp_path)) for reading in pair_readings.READINGS)
    return _FOUND


def seeds_of(reading: "Reading") -> int:
    return FEW_SEEDS if reading.form == "croissant" else SEEDS


def written(project: Project, form: str, folder: Path) -> Path:
    if form in FOLDERS:
        return unpacked(project, form, ROWS, folder / form)
    file = folder / f"rows.{form}"
    file.write_bytes(b"".join(export_file(project, form, ROWS, Filters(split="pool"))))
    return file


def losses(reading: "Reading", path: Path, expected: "Rows", cache: Path, schema: dict[str, Any]) -> str:
    """The seeds are alike: a few of them and all of what comes late are compared."""
    from tests.labeling.exports.readings import is_kept, is_text_of

    places = [*range(60), *range(seeds_of(reading), len(expected))]
    texts = {one["name"] for one in schema["fields"] if reading.has_texts and one["type"] in ("any", "object")}
    try:
        n_rows, read = reading.read(path, cache, places, schema)
    except Exception as error:  # noqa: BLE001  # whatever a reader raises is what the page says of it
        return f"raises {type(error).__name__}"
    if n_rows != len(expected):
        return f"{n_rows:,} of {len(expected):,} rows"
    lost: Counter[str] = Counter()
    for place, row in zip(places, read, strict=True):
        for name, value in expected[place].items():
            as_written, as_read = told(name, value, reading), named(row.get(name), name, reading)
            kept = is_text_of(value, row.get(name)) if name in texts else is_kept(as_written, as_read, reading.form)
            lost[name] += not kept
    return ", ".join(f"`{name}`" for name in sorted(+lost))


def told(name: str, value: Any, reading: "Reading") -> Any:
    """As the format writes it on purpose: an answer as one value, a cell that no spreadsheet runs."""
    if name == "answer" and reading.form != "jsonl" and reading.form != "parquet":
        (value,) = value.values()
    return neutral(value) if reading.form == "csv" and isinstance(value, str) else value


def named(read: Any, name: str, reading: "Reading") -> Any:
    """A class label is a place in the list of names that the schema holds."""
    is_place = name == "answer" and reading.form in FOLDERS and isinstance(read, int)
    return LABELS[read] if is_place else read


def test_a_reader_told_by_its_line_loses_nothing_but_what_is_listed(found):
    last = {(reading.form, reading.reader): (reading.line, lost) for reading, lost in found.items()}
    assert {key: lost for key, (_, lost) in last.items() if lost} == LOST_EVEN_SO


def test_the_guide_s_page_says_what_was_read(found):
    page = page_of(found)
    _, own, after = PAGE.read_text().partition(OWN_PART)
    if os.environ.get("UPDATE_FORMATS"):
        PAGE.write_text(page + own + after)
    assert PAGE.read_text().partition(OWN_PART)[0] == page, (
        "UPDATE_FORMATS=1 pytest tests/labeling/exports/test_readers.py, and look at it"
    )


def page_of(found: "dict[Reading | PairReading, str]") -> str:
    from tests.labeling.exports import pair_readings
    from tests.labeling.exports.readings import VERSIONS

    versions = ", ".join(f"{name} {version}" for name, version in (VERSIONS | pair_readings.VERSIONS).items())
    lines = [HEAD.format(versions=versions, seeds=f"{SEEDS:,}")]
    for form in dict.fromkeys(reading.form for reading in found):
        lines += [f"## {form}", "", "| reader | line | what it loses |", "|---|---|---|"]
        lines += [
            f"| {reading.reader} | `{reading.line}` | {lost or 'nothing'} |"
            for reading, lost in found.items()
            if reading.form == form
        ]
        lines += ["", *(f"- {sentence}" for sentence in limits(format_named(form)) if sentence != NO_PLACE), ""]
    return "\n".join(lines)


HEAD = """# Formats and their readers

Made by `tests/labeling/exports/test_readers.py`, which fails when this page is not what the readers do: {versions}.
One project is written in each format and read by each line: {seeds} seed labels without a person first, then answers
of people, columns that come late, labels `0` to `9`, `true`, `-` and `007`, null, lists, objects, dates, 2^63-1, whole
numbers beside fractions, columns of mixed types, Unicode. `path` is the file, or the folder of a data set. A column is
listed where any value was not read as it is stored. `schema` is the twin of a table, which says what its columns are:
the same address with `schema=1`, read by `json.load`. With it what is `any` or `object` comes as JSON text.

Rankings and preferences are of texts and ids of the same sorts. Of a ranking `t` is `pd.read_parquet(path)` and `X` are
features of its items. Learners, measures and TRL's own functions then work on them in
`tests/contracts/test_data_set_readers.py`.
"""
#: A sentence about a column that certificates name.
NO_PLACE = "The format has no place for this column."
#: In mlcroissant a null among the whole numbers of a list makes them fractions, and 2^63-1 is rounded. Of a run the
#: tools read scores, which ranks follow from.
LOST_EVEN_SO = {
    ("croissant", "mlcroissant"): "`numbers`",
    ("trec-run", "pytrec_eval"): "`rank`, `version`",
    ("trec-run", "ir_measures"): "`rank`, `version`",
}
