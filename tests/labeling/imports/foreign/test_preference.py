"""Preferences for TRL and OpenAI as items in their context and judgments."""

import json

import pytest

from labeling.services.imports import ImportRefused
from labeling.services.imports.foreign.preference import parted
from tests.labeling.imports.foreign.reading import reading


def says(role: str, content: str) -> dict:
    return {"role": role, "content": content}


ASKED, GOOD, BAD = says("user", "2+2?"), says("assistant", "4"), says("assistant", "5")
ROWS = {
    "standard": {"prompt": "2+2?", "chosen": "4", "rejected": "5"},
    "conversational": {"prompt": [ASKED], "chosen": [GOOD], "rejected": [BAD]},
    "implicit conversational": {"chosen": [ASKED, GOOD], "rejected": [ASKED, BAD]},
    "implicit": {"chosen": "\n\nHuman: 2+2?\n\nAssistant: 4", "rejected": "\n\nHuman: 2+2?\n\nAssistant: 5"},
    "with scores": {"prompt": "2+2?", "chosen": "4", "rejected": "5", "score_chosen": 0.9, "score_rejected": 0.1},
    "openai": {"input": {"messages": [ASKED], "tools": []}, "preferred_output": [GOOD], "non_preferred_output": [BAD]},
}


def judged(found) -> list[tuple[str, str, str]]:
    """Context, the winner's text and the loser's."""
    said = {row["id"]: (row["context"]["text"], row["text"]) for row in found.rows if "text" in row}
    pairs = []
    for row in found.rows:
        if "left" in row:
            won, lost = (row["left"], row["right"]) if row["winner"] == "left" else (row["right"], row["left"])
            pairs.append((said[won][0], said[won][1], said[lost][1]))
    return pairs


@pytest.mark.parametrize("form", ROWS)
def test_a_preference_is_two_items_and_a_judgment(form):
    found = reading(json.dumps(ROWS[form]).encode(), "a.jsonl", kind="pairwise")
    context = "Human: 2+2?" if form == "implicit" else "2+2?"
    assert judged(found) == [(context, "4", "5")]
    assert len(found.rows) == 3
    assert found.said("Preferences do not say on which side the chosen one stood")


def test_the_chosen_one_stands_on_either_side_the_same_every_time():
    rows = "\n".join(json.dumps({"prompt": f"p{n}", "chosen": "yes", "rejected": "no"}) for n in range(200)).encode()
    sides = [row["winner"] for row in reading(rows, "a.jsonl", kind="pairwise").rows if "winner" in row]
    assert 60 < sides.count("left") < 140
    assert sides == [row["winner"] for row in reading(rows, "a.jsonl", kind="pairwise").rows if "winner" in row]


def test_one_content_in_one_context_is_one_item_however_often_it_stands_there():
    rows = [{"prompt": "p", "chosen": a, "rejected": b} for a, b in (("x", "y"), ("x", "z"), ("y", "x\n"))]
    found = reading("\n".join(map(json.dumps, rows)).encode(), "a.jsonl", kind="pairwise")
    assert len({row["id"] for row in found.rows if "id" in row}) == 3


def test_several_turns_become_a_text_with_roles_and_lost_columns_are_counted():
    turns = [says("system", "Be brief."), ASKED]
    row = {"prompt": turns, "chosen": [GOOD], "rejected": [BAD], "margin": 0.5}
    found = reading(json.dumps(row).encode(), "a.jsonl", kind="pairwise")
    assert judged(found) == [("System: Be brief.\n\nUser: 2+2?", "4", "5")]
    assert found.said("1 value of 'margin' was left out")


@pytest.mark.parametrize(
    ("chosen", "rejected", "parts"),
    [
        ("Hi there. Good", "Hi there. Bad", ("Hi there.", "Good", "Bad")),
        ("Hi there. Goodness", "Hi there. Good", ("Hi there.", "Goodness", "Good")),
        ("abc", "xyz", ("", "abc", "xyz")),
        ([ASKED, GOOD], [ASKED, GOOD], ([ASKED], [GOOD], [GOOD])),
        ([GOOD], [BAD], ([], [GOOD], [BAD])),
    ],
)
def test_a_prompt_that_is_not_said_is_what_both_begin_with(chosen, rejected, parts):
    assert parted(chosen, rejected) == parts


def test_a_row_without_anything_in_common_is_rejected_and_the_next_goes_in():
    rows = [{"chosen": "abc", "rejected": "xyz"}, {"chosen": "a b", "rejected": "a c"}]
    found = reading("\n".join(map(json.dumps, rows)).encode(), "a.jsonl", kind="pairwise")
    assert found.rejected == ["Its two answers have no beginning in common, and there is no prompt."]
    assert judged(found) == [("a", "b", "c")]


def test_elsewhere_it_is_refused_by_name_and_a_column_of_that_name_alone_is_a_column():
    with pytest.raises(ImportRefused, match=r"This is a file of preferences \(TRL\).*pairwise project"):
        reading(json.dumps(ROWS["standard"]).encode(), "a.jsonl")
    row = {"text": "a", "chosen": 1, "rejected": 0}
    assert reading(json.dumps(row).encode(), "a.jsonl").rows == [row]


def test_parquet_and_unpaired_completions():
    found = reading("huggingface/preference.parquet", kind="pairwise")
    assert judged(found) == [("2+2?", "4", "5"), ("sky?", "blue", "green")]
    row = {"prompt": "2+2?", "completion": "4", "label": True}
    unpaired = reading(json.dumps(row).encode(), "a.jsonl", kind="pairwise")
    assert unpaired.column("text", "context") == [("4", {"text": "2+2?"})]
    assert unpaired.said("no judgment of a pair")
