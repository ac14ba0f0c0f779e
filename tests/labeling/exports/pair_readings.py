"""How the tools that rankings and preferences are written for are told to read them, and what they make of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import datasets
import ir_measures
import lightgbm
import numpy as np
import pandas as pd
import pytrec_eval
import xgboost

from labeling.services.exports.datasets.ranking import grade_of
from tests.contracts.test_data_set_readers import file_of, own_ids, queries
from tests.labeling.exports.readings import Rows

PACKAGES = ("lightgbm", "xgboost-cpu", "pytrec-eval-terrier", "ir-measures")
VERSIONS = {name: version(name) for name in PACKAGES}


@dataclass(frozen=True)
class PairReading:
    """``line`` is Python with ``path`` in it; of a ranking ``t`` is its table and ``X`` are features of its items."""

    form: str
    reader: str
    line: str

    def losses(self, folder: Path) -> str:
        """The columns of which anything was read otherwise than it was written; "" for none."""
        path = file_of(self.form, folder)
        names: dict[str, Any] = {
            "path": str(path), "pd": pd, "lightgbm": lightgbm, "xgboost": xgboost, "pytrec_eval": pytrec_eval,
            "ir_measures": ir_measures, "load_dataset": lambda *args, **told: datasets.load_dataset(
                *args, **told, cache_dir=str(folder / "cache")
            ),
        }  # fmt: skip
        if self.form == "ranking":
            table = pd.read_parquet(path)
            names |= {"t": table, "X": np.arange(2.0 * len(table)).reshape(len(table), 2)}
        read = _ROWS_OF[self.form, self.reader](eval(self.line, names))  # the lines below
        written = _WRITTEN.get(self.form, _lines)(path)
        lost = {name for one, other in zip(written, read, strict=True) for name in one if one[name] != other.get(name)}
        return ", ".join(f"`{name}`" for name in sorted(lost))


READINGS = [
    PairReading("ranking", "lightgbm", 'lightgbm.Dataset(X, label=t["grade"], group=t.groupby("query").size())'),
    PairReading("ranking", "xgboost", 'xgboost.DMatrix(X, label=t["grade"], qid=t["query"])'),
    PairReading("qrels", "pytrec_eval", "pytrec_eval.parse_qrel(open(path))"),
    PairReading("qrels", "ir_measures", "list(ir_measures.read_trec_qrels(path))"),
    PairReading("trec-run", "pytrec_eval", "pytrec_eval.parse_run(open(path))"),
    PairReading("trec-run", "ir_measures", "list(ir_measures.read_trec_run(path))"),
    PairReading("trl-preference", "datasets", 'load_dataset("json", data_files=path)["train"]'),
    PairReading("trl-preference-chat", "datasets", 'load_dataset("json", data_files=path)["train"]'),
    PairReading("trl-unpaired", "datasets", 'load_dataset("json", data_files=path)["train"]'),
    # services that tune models read it when it is sent to them; datasets is what reads it before
    PairReading("openai-preference", "datasets", 'load_dataset("json", data_files=path)["train"]'),
]


def _lines(path: Path) -> Rows:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def _grades(path: Path) -> Rows:
    """What a learner takes of a ranking: grades in groups."""
    return pd.read_parquet(path)[["query", "grade"]].to_dict("records")


def _judged(path: Path) -> Rows:
    return [_ids(row) | {"grade": grade_of(row["chance"])} for row in queries()]


def _ran(path: Path) -> Rows:
    return [_ids(row) | {"score": row["score"], "rank": row["rank"], "version": "querent-2"} for row in queries()]


def _ids(row: dict[str, Any]) -> dict[str, str]:
    return {
        "query": row["context_external_id"] or f"#{row['context_id']}",
        "item": row["external_id"] or f"#{row['item_id']}",
    }


_WRITTEN: dict[str, Callable[[Path], Rows]] = {
    "ranking": _grades, "qrels": _judged, "trec-run": _ran,
}  # fmt: skip


def _in_groups(grades: Any, sizes: Any) -> Rows:
    numbers = np.repeat(np.arange(len(sizes)), sizes)
    return [{"query": int(query), "grade": int(grade)} for query, grade in zip(numbers, grades, strict=True)]


def _of_lightgbm(found: Any) -> Rows:
    found.construct()
    return _in_groups(found.get_label(), found.get_group())


def _of_xgboost(found: Any) -> Rows:
    return _in_groups(found.get_label(), np.diff(found.get_uint_info("group_ptr")))


def _nested(value: str) -> Callable[[Any], Rows]:
    return lambda found: [
        {"query": query, "item": item, value: said}
        for query, items in own_ids(found).items()
        for item, said in items.items()
    ]


def _listed(value: str, name: str) -> Callable[[Any], Rows]:
    def rows(found: Any) -> Rows:
        by_query: dict[str, dict[str, Any]] = {}
        for one in found:
            by_query.setdefault(one.query_id, {})[one.doc_id] = getattr(one, name)
        return _nested(value)(by_query)

    return rows


_ROWS_OF: dict[tuple[str, str], Callable[[Any], Rows]] = {
    ("ranking", "lightgbm"): _of_lightgbm,
    ("ranking", "xgboost"): _of_xgboost,
    ("qrels", "pytrec_eval"): _nested("grade"),
    ("qrels", "ir_measures"): _listed("grade", "relevance"),
    ("trec-run", "pytrec_eval"): _nested("score"),
    ("trec-run", "ir_measures"): _listed("score", "score"),
    ("trl-preference", "datasets"): list,
    ("trl-preference-chat", "datasets"): list,
    ("trl-unpaired", "datasets"): list,
    ("openai-preference", "datasets"): list,
}
