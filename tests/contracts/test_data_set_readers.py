"""Files for trainers and tools, in the trainers and tools: TRL, LightGBM, XGBoost, pytrec_eval, ir_measures."""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow.parquet as pq
import pytest

from labeling.services.exports import DATA_SETS
from labeling.services.exports.datasets.ranking import GRADES, grade_of
from tests.contracts.test_data_sets import AWKWARD, KIND, preferences

#: Installed without what it requires, which is torch: requirements-bare.txt.
BARE = Path(sys.prefix) / "bare"


def queries() -> Iterator[dict[str, Any]]:
    """Three queries, each with every grade from 30 to 0: ids that are words, digits and none."""
    item = 0
    for context, name in ((9, "q 1"), (3, None), (5, "007")):
        for rank in range(1, GRADES + 1):
            item += 1
            yield {
                "query_id": name or str(context), "query": "Which?\nNow", "item_id": item,
                "external_id": f"{AWKWARD[item % len(AWKWARD)]}{item}" if item % 3 else None, "rank": rank,
                "score": 16.0 - rank, "grade": 1, "model_version": 2, "model_verified": False, "context_id": context,
                "context_external_id": name, "chance": (GRADES - rank) / (GRADES - 1),
            }  # fmt: skip


def file_of(name: str, folder: Path) -> Path:
    rows = preferences() if DATA_SETS[name].made_of == "preferences" else queries()
    path = folder / f"{name}.{DATA_SETS[name].extension}"
    path.write_bytes(b"".join(DATA_SETS[name].write((), rows, KIND)))
    return path


# learners to rank


@pytest.fixture
def ranked(tmp_path) -> tuple[Any, np.ndarray]:
    """The table, and a feature that tells the grades only through noise."""
    table = pq.read_table(file_of("ranking", tmp_path)).to_pandas()
    noise = np.random.default_rng(0).normal(0, 2, len(table))
    return table, np.column_stack([table["score"] + noise, noise])


def in_order(table: Any, said: np.ndarray) -> float:
    """How far the predictions order the items of the queries as their grades do: 1 for all pairs, 0 for chance."""
    found = []
    for _, rows in table.assign(said=said).groupby("query"):
        found.append(np.corrcoef(rows["grade"].rank(), rows["said"].rank())[0, 1])
    return min(found)


def test_lightgbm_learns_the_groups_and_all_31_grades(ranked):
    import lightgbm

    table, features = ranked
    sizes = [len(list(group)) for _, group in groupby(table["query"])]
    assert sizes == [GRADES] * 3
    assert set(table["grade"]) == set(range(GRADES))
    told = {"objective": "lambdarank", "min_data_in_leaf": 1, "verbosity": -1, "num_threads": 1, "seed": 1}
    data = lightgbm.Dataset(features, label=table["grade"], group=sizes)
    model = lightgbm.train(told, data, num_boost_round=20)
    assert in_order(table, model.predict(features)) > 0.8
    with pytest.raises(lightgbm.basic.LightGBMError, match="less than the number of label mappings"):
        lightgbm.train(told, lightgbm.Dataset(features, label=table["grade"] + 1, group=sizes), num_boost_round=1)


def test_xgboost_learns_the_groups_and_all_31_grades(ranked):
    import xgboost

    table, features = ranked
    data = xgboost.DMatrix(features, label=table["grade"], qid=table["query"])
    assert data.get_uint_info("group_ptr").tolist() == [0, GRADES, 2 * GRADES, 3 * GRADES]
    model = xgboost.train({"objective": "rank:ndcg", "nthread": 1, "seed": 1}, data, num_boost_round=20)
    assert in_order(table, model.predict(data)) > 0.8


# TREC's tools


def judged() -> dict[str, dict[str, int]]:
    """By the query's and the item's own ids, else ``#`` and the number."""
    found: dict[str, dict[str, int]] = {}
    for row in queries():
        query = row["context_external_id"] or f"#{row['context_id']}"
        found.setdefault(query, {})[row["external_id"] or f"#{row['item_id']}"] = grade_of(row["chance"])
    return found


def own_ids(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {unquote(query): {unquote(item): value for item, value in of.items()} for query, of in found.items()}


def test_pytrec_eval_reads_what_was_judged_and_measures_the_run(tmp_path):
    import pytrec_eval

    with open(file_of("qrels", tmp_path)) as file:
        qrels = pytrec_eval.parse_qrel(file)
    with open(file_of("trec-run", tmp_path)) as file:
        run = pytrec_eval.parse_run(file)
    assert own_ids(qrels) == judged()
    scores = {query: list(of.values()) for query, of in own_ids(run).items()}
    assert set(scores) == set(judged())
    assert all(of == [15.0 - n for n in range(GRADES)] for of in scores.values())
    measured = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg"}).evaluate(run)
    assert [of["ndcg"] for of in measured.values()] == pytest.approx([1.0] * 3)
    turned = {query: {item: -score for item, score in of.items()} for query, of in run.items()}
    assert max(of["ndcg"] for of in pytrec_eval.RelevanceEvaluator(qrels, {"ndcg"}).evaluate(turned).values()) < 0.8


def test_ir_measures_reads_the_same(tmp_path):
    import ir_measures

    qrels = list(ir_measures.read_trec_qrels(str(file_of("qrels", tmp_path))))
    run = list(ir_measures.read_trec_run(str(file_of("trec-run", tmp_path))))
    read: dict[str, dict[str, int]] = {}
    for one in qrels:
        read.setdefault(one.query_id, {})[one.doc_id] = one.relevance
    assert own_ids(read) == judged()
    assert ir_measures.calc_aggregate([ir_measures.nDCG @ 10], qrels, run)[ir_measures.nDCG @ 10] == pytest.approx(1.0)


# TRL


@pytest.fixture(scope="module")
def trl() -> Iterator[ModuleType]:
    """TRL's functions for data, by themselves: the trainers need torch."""
    sys.path.append(str(BARE))
    try:
        from trl import data_utils

        yield data_utils
    finally:
        sys.path.remove(str(BARE))


def loaded(name: str, folder: Path) -> Any:
    """As those do who train: ``load_dataset``."""
    import datasets

    found = datasets.load_dataset("json", data_files=str(file_of(name, folder)), cache_dir=str(folder / "cache"))
    return found["train"]


def test_trl_takes_texts_as_no_conversation_and_unpairs_them_into_our_unpaired_file(trl, tmp_path):
    pairs = loaded("trl-preference", tmp_path)
    rows = list(preferences())
    assert [(one["prompt"], one["chosen"], one["rejected"]) for one in pairs] == [
        (row["prompt"], row["chosen"], row["rejected"]) for row in rows
    ]
    assert not any(map(trl.is_conversational, pairs))
    assert [trl.maybe_extract_prompt(one) for one in pairs] == list(pairs)  # the prompt is said, not guessed
    theirs = trl.unpair_preference_dataset(pairs.select_columns(["prompt", "chosen", "rejected"]))
    ours = loaded("trl-unpaired", tmp_path).select_columns(theirs.column_names)
    assert sorted(map(told, theirs)) == sorted(map(told, ours))


def told(one: dict[str, Any]) -> tuple[str, str, bool]:
    return one["prompt"], one["completion"], one["label"]


def test_trl_puts_the_messages_of_the_chat_file_into_a_template(trl, tmp_path):
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"?": 0}, unk_token="?")))
    tokenizer.chat_template = (
        "{% for message in messages %}<{{ message.role }}>{{ message.content }}</>{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    chats = loaded("trl-preference-chat", tmp_path)
    assert all(map(trl.is_conversational, chats))
    for one, row in zip(chats, preferences(), strict=True):
        made = trl.maybe_apply_chat_template(one, tokenizer)
        assert made["prompt"] == f"<user>{row['prompt']}</><assistant>"
        assert (made["chosen"], made["rejected"]) == (f"{row['chosen']}</>", f"{row['rejected']}</>")
