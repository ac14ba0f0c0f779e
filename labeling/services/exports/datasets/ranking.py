"""Rankings for learners to rank (LightGBM, XGBoost) and for the tools of TREC (trec_eval, pytrec_eval, ir_measures).

LightGBM's ``label_gain`` has 31 grades, 0 to 30, unless it is given another; its groups, like XGBoost's ``qid``, are
runs of equal numbers that do not decrease. TREC's files are words with blanks between them, so ids are written without.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Any
from urllib.parse import quote

import pyarrow.parquet as pq

from labeling.kinds import QuestionKind
from labeling.selectors.columns import Column
from labeling.services.exports.base import Row
from labeling.services.exports.datasets.base import DataSetFormat
from labeling.services.exports.losses import no_place
from labeling.services.exports.parquet import Parquet

GRADES = 31
LINES_A_PIECE = 1_000
_COLUMNS = (
    Column("query", "integer"),
    Column("query_id", "text"),
    Column("query_text", "text"),
    Column("item_id", "integer"),
    Column("external_id", "text"),
    Column("grade", "integer"),
    Column("score", "number"),
    Column("rank", "integer"),
    Column("model_version", "integer"),
    Column("model_verified", "boolean"),
)
#: What the two words that name query and item are made of.
_NAMES = ("context_id", "context_external_id", "item_id", "external_id")


def grade_of(chance: float) -> int:
    """0 to 30 in steps of equal width, of the chance to be preferred to an average item of the query."""
    return min(int(chance * GRADES), GRADES - 1)


def numbered(rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    """The rows with the number of their query, from 0 in the order in which queries come."""
    number, last = -1, object()
    for row in rows:
        if row["context_id"] != last:
            number, last = number + 1, row["context_id"]
        yield number, row


class RankingFile(DataSetFormat):
    """Parquet: numbers stay numbers and ids texts in every reader."""

    name = "ranking"
    made_of = "rankings"
    media_type = Parquet.media_type
    extension = Parquet.extension
    label = "Ranking"
    hint = "query, grade 0 to 30 (LightGBM, XGBoost)"
    cannot_hold = ("The chance to be preferred to an average item is a grade of 31.",)
    losses = (no_place(["query", "chance", *(column.name for column in _COLUMNS)]),)

    def rows_in(self, file: IO[bytes], lines: int) -> int:
        return int(pq.ParquetFile(file).metadata.num_rows)

    def write(self, columns: Sequence[Column], rows: Iterable[Row], kind: QuestionKind) -> Iterator[bytes]:
        return Parquet().write(_COLUMNS, map(_graded, numbered(rows)), kind)


def _graded(found: tuple[int, Row]) -> Row:
    number, row = found
    own = {"query": number, "query_text": row["query"], "grade": grade_of(row["chance"])}
    return {column.name: own[column.name] if column.name in own else row[column.name] for column in _COLUMNS}


class _Trec(DataSetFormat):
    """Lines of words with one blank between them."""

    made_of = "rankings"
    media_type = "text/plain; charset=utf-8"
    extension = "txt"

    def rows_in(self, file: IO[bytes], lines: int) -> int:
        return lines

    def write(self, columns: Sequence[Column], rows: Iterable[Row], kind: QuestionKind) -> Iterator[bytes]:
        rows = iter(rows)
        while piece := "".join(f"{self.line(row)}\n" for row in islice(rows, LINES_A_PIECE)):
            yield piece.encode()

    @abstractmethod
    def line(self, row: Row) -> str:
        """The row without its line end."""


class Qrels(_Trec):
    name = "qrels"
    cannot_hold = ("The chance to be preferred to an average item is a grade of 31.",)
    losses = (no_place([*_NAMES, "chance"]),)
    label = "TREC qrels"
    hint = "query, 0, item, grade"

    def line(self, row: Row) -> str:
        return f"{query_word(row)} 0 {item_word(row)} {grade_of(row['chance'])}"


class RunFile(_Trec):
    name = "trec-run"
    losses = (no_place([*_NAMES, "rank", "score", "model_version"]),)
    label = "TREC run"
    hint = "query, Q0, item, rank, score, version"

    def line(self, row: Row) -> str:
        return f"{query_word(row)} Q0 {item_word(row)} {row['rank']} {row['score']:.17g} querent-{row['model_version']}"


def query_word(row: Row) -> str:
    return _word(row["context_external_id"], row["context_id"])


def item_word(row: Row) -> str:
    return _word(row["external_id"], row["item_id"])


def _word(external_id: str | None, number: Any) -> str:
    """The id without blanks; ``#`` and our number where there is none, which no written id begins with."""
    return quote(external_id, safe=_SAFE, encoding="utf-8") if external_id else f"#{number}"


#: everything printable of ASCII but what would be read otherwise: the blank, ``%`` of the writing itself, ``#``
_SAFE = "".join(character for character in map(chr, range(33, 127)) if character not in "%#")
