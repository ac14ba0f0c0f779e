"""Files for one kind of reader each, held against what that reader's documentation says it takes."""

import io
import json

import pyarrow.parquet as pq
import pytest

from labeling.kinds import KINDS
from labeling.services.exports import DATA_SETS, FORMATS
from labeling.services.exports.datasets.ranking import GRADES, grade_of

KIND = KINDS["pairwise"]
#: Texts and ids that readers of words, lines and tables stumble over.
AWKWARD = ["007", "true", "-", "ÜÖ é", 'say "hi"\nline\u2028two', " a b ", "#5", "50%", "\\", "日本", "null"]


def preferences(count: int = len(AWKWARD)):
    for n in range(count):
        text = AWKWARD[n % len(AWKWARD)]
        yield {
            "prompt": "" if n == 1 else f"Which? {text}", "chosen": text, "rejected": f"not {text}", "margin": 1 / 3,
            "annotators": ["ann"], "votes_chosen": 2, "votes_rejected": 1, "ties": 0, "chosen_id": 2 * n,
            "rejected_id": 2 * n + 1, "context_id": 7, "context_facts": [], "purpose": "Which convinces?",
            "split": "pool", "chosen_external_id": text, "rejected_external_id": None, "context_external_id": None,
        }  # fmt: skip


def rankings():
    item = 0
    for context, name in ((9, "q 1"), (3, None), (5, "3")):
        for rank in range(1, 5):
            item += 1
            yield {
                "query_id": name or str(context), "query": "Which?\nNow", "item_id": item,
                "external_id": AWKWARD[item % len(AWKWARD)] + str(item) if item % 3 else None, "rank": rank,
                "score": 3.0 - rank, "grade": 1, "model_version": 2, "model_verified": False, "context_id": context,
                "context_external_id": name, "chance": 1 - rank / 5,
            }  # fmt: skip


def written(name: str) -> bytes:
    rows = preferences() if DATA_SETS[name].made_of == "preferences" else rankings()
    return b"".join(DATA_SETS[name].write((), rows, KIND))


def lines(name: str) -> list[dict]:
    return [json.loads(line) for line in written(name).split(b"\n")[:-1]]


@pytest.mark.parametrize("name", DATA_SETS)
def test_it_says_what_it_is_and_writes_the_same_bytes_and_names_nobody(name):
    made = DATA_SETS[name]
    assert made.name == name not in FORMATS
    assert made.extension.isalnum()
    assert made.label
    assert made.hint
    assert written(name) == written(name)
    assert b"ann" not in written(name).replace(b"chan", b"")


@pytest.mark.parametrize("name", [name for name, made in DATA_SETS.items() if made.extension == "jsonl"])
def test_every_line_has_the_same_keys_of_the_same_types(name):
    found = lines(name)
    assert len(found) >= len(AWKWARD)
    assert len({tuple(line) for line in found}) == 1
    for key in found[0]:
        assert len({type(line[key]) for line in found} - {type(None)}) <= 1, key


def test_trl_takes_prompt_chosen_and_rejected_as_texts_and_subtracts_no_margin():
    found = lines("trl-preference")
    assert [(line["prompt"], line["chosen"], line["rejected"]) for line in found] == [
        (row["prompt"], row["chosen"], row["rejected"]) for row in preferences()
    ]
    assert "margin" not in found[0]
    assert found[0]["vote_margin"] == pytest.approx(1 / 3)
    assert [line["chosen_external_id"] for line in found] == AWKWARD


def test_trl_takes_the_same_as_messages():
    for plain, chat in zip(lines("trl-preference"), lines("trl-preference-chat"), strict=True):
        assert chat["prompt"] == [{"role": "user", "content": plain["prompt"]}]
        assert chat["chosen"] == [{"role": "assistant", "content": plain["chosen"]}]
        assert chat["rejected"] == [{"role": "assistant", "content": plain["rejected"]}]
        assert {name: chat[name] for name in list(plain)[3:]} == {name: plain[name] for name in list(plain)[3:]}


def test_unpaired_is_what_trl_makes_of_the_pairs():
    found = lines("trl-unpaired")
    pairs = lines("trl-preference")
    assert [(line["prompt"], line["completion"], line["label"]) for line in found] == [
        (pair["prompt"], pair[side], side == "chosen") for pair in pairs for side in ("chosen", "rejected")
    ]


def test_openai_takes_these_three_keys_and_messages_that_say_something():
    for line in lines("openai-preference"):
        assert set(line) == {"input", "preferred_output", "non_preferred_output"}
        assert set(line["input"]) == {"messages", "tools", "parallel_tool_calls"}
        (asked,) = line["input"]["messages"]
        assert asked["role"] == "user"
        assert asked["content"]
        for side in ("preferred_output", "non_preferred_output"):
            (said,) = line[side]
            assert said["role"] == "assistant"
            assert said["content"]


def test_learners_to_rank_get_groups_that_do_not_decrease_and_grades_they_know():
    table = pq.read_table(io.BytesIO(written("ranking")))
    assert table["query"].to_pylist() == sorted(table["query"].to_pylist()) == [0] * 4 + [1] * 4 + [2] * 4
    assert str(table.schema.field("query").type) == str(table.schema.field("grade").type) == "int64"
    assert str(table.schema.field("query_id").type) == "string"
    assert all(0 <= grade <= 30 for grade in table["grade"].to_pylist())
    ids = [row["external_id"] for row in rankings()]
    assert table["external_id"].to_pylist() == ids
    assert [grade_of(chance) for chance in (0.0, 1 / GRADES, 0.5, 0.999, 1.0)] == [0, 1, 15, 30, 30]


def test_the_tools_of_trec_get_words_and_no_id_is_another():
    qrels, run = (written(name).decode().splitlines() for name in ("qrels", "trec-run"))
    assert len(qrels) == len(run) == 12
    for line, ran, row in zip(qrels, run, rankings(), strict=True):
        query, zero, item, grade = line.split()
        assert (zero, grade) == ("0", str(grade_of(row["chance"])))
        again, q0, same, rank, score, tag = ran.split(" ")
        assert (again, q0, same, int(rank), float(score), tag) == (
            query,
            "Q0",
            item,
            row["rank"],
            row["score"],
            "querent-2",
        )
        assert line.isascii()
    assert len({line.split()[0] for line in qrels}) == 3
    assert len({line.split()[2] for line in qrels}) == 12
    assert qrels[0].startswith("q%201 0 ")
    assert qrels[4].startswith("#3 0 ")
    assert qrels[8].startswith("3 0 ")


@pytest.mark.parametrize("name", [name for name, made in DATA_SETS.items() if made.extension == "jsonl"])
def test_readers_of_json_lines_give_back_what_was_written(name, tmp_path):
    import duckdb
    import polars

    path, found = tmp_path / "set.jsonl", lines(name)
    path.write_bytes(written(name))
    names = list(found[0])
    quoted = ", ".join(f'"{column}"' for column in names)
    rows = duckdb.sql(f"SELECT {quoted} FROM read_json('{path}')").fetchall()
    for key in ("chosen", "completion", "preferred_output", "prompt", "label", "vote_margin", "chosen_external_id"):
        if key in names:
            written_values = [line[key] for line in found]
            assert polars.read_ndjson(path)[key].to_list() == written_values
            assert [row[names.index(key)] for row in rows] == written_values
