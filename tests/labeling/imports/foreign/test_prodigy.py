"""Prodigy's JSONL. It is not public: rows by its documentation (https://prodi.gy/docs/api-interfaces)."""

import base64
import json

import pytest

from labeling.services.imports import ImportRefused
from tests.labeling.imports.conftest import picture
from tests.labeling.imports.foreign.reading import reading

OPTIONS = [{"id": "sport", "text": "Sport"}, {"id": "arts", "text": "Arts"}]


def lines(*rows) -> bytes:
    return "\n".join(json.dumps({"_task_hash": n, **row}) for n, row in enumerate(rows)).encode()


def choice(text: str, accept, answer="accept", **more) -> dict:
    key = sum(text.encode())
    return {"text": text, "options": OPTIONS, "accept": accept, "answer": answer, "_input_hash": key, **more}


def test_what_was_chosen_is_the_label_and_a_skip_is_none():
    found = reading(lines(choice("a", ["sport"]), choice("b", [], "ignore"), choice("c", ["arts"], "reject")))
    assert found.tool == "prodigy"
    assert found.rows == [{"text": "a", "label": "sport"}, {"text": "b"}, {"text": "c"}]
    assert found.said("1 answer was a skip")
    assert found.said("1 answer says which label an item does not have")


def test_several_are_a_list_and_none_of_them_an_empty_one():
    rows = lines(choice("a", ["sport", "arts"]), choice("b", []))
    assert reading(rows, kind="multilabel").column("label") == [["sport", "arts"], []]


def test_options_with_numbers_are_called_by_their_text():
    options = [{"id": 1, "text": "Good"}, {"id": 2, "text": "Bad"}]
    row = {"text": "a", "options": options, "accept": [2], "answer": "accept", "_input_hash": 1}
    assert reading(lines(row)).column("label") == ["Bad"]


def test_sessions_that_saw_one_input_come_together_and_each_keeps_its_answer():
    said = [("ann", "sport"), ("bob", "arts"), ("eve", "sport")]
    rows = [choice("a", [label], _session_id=f"news-{who}") for who, label in said]
    found = reading(lines(*rows[:2], choice("b", ["arts"], _session_id="news-ann"), rows[2]))
    assert found.column("text") == ["a", "b"]
    assert found.by_name == [{"news-ann": "sport", "news-bob": "arts", "news-eve": "sport"}, {"news-ann": "arts"}]


def test_without_the_number_of_their_input_and_without_a_text_records_are_about_items_of_their_own():
    rows = [
        {**choice("", [label], _session_id="ann"), "_input_hash": None, "text": None} for label in ("sport", "arts")
    ]
    assert [list(by_name.values()) for by_name in reading(lines(*rows)).by_name] == [["sport"], ["arts"]]


def test_a_session_without_a_name_is_called_by_its_time_and_is_nobody():
    rows = [choice("a", ["sport"], _annotator_id=f"news-2026-03-1{n}_15-15-44") for n in range(2)]
    found = reading(lines(*rows))
    assert (found.column("label"), found.by_name) == (["sport"], [{}])


def test_a_binary_question_gives_its_label_when_accepted():
    rows = [
        {"text": text, "label": label, "answer": answer, "_input_hash": text, "meta": {"source": "web"}}
        for text, label, answer in (("a", "spam", "accept"), ("b", "spam", "reject"), ("c", "ham", "accept"))
    ]
    assert reading(lines(*rows)).column("label", "source") == [("spam", "web"), (None, "web"), ("ham", "web")]


def test_without_a_label_the_answer_itself_is_one():
    rows = lines(*({"text": text, "answer": answer} for text, answer in (("a", "accept"), ("b", "reject"))))
    assert reading(rows).column("label") == ["accept", "reject"]


def test_pictures_inside_the_rows_go_in_and_addresses_do_not():
    content = picture(1)
    inside = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    rows = [choice("", ["sport"], image=image, _input_hash=n) for n, image in enumerate((inside, "https://x/a.png"))]
    found = reading(lines(*rows), "a.jsonl", modality="image")
    assert found.column("label", "\0picture") == [("sport", len(content))]
    assert "no address is fetched" in found.rejected[0]


def test_spans_are_refused_by_name():
    row = {"text": "Ada", "spans": [{"start": 0, "end": 3, "label": "PER"}], "answer": "accept", "_input_hash": 1}
    with pytest.raises(ImportRefused, match="This is an export of Prodigy with spans"):
        reading(lines(row))


def test_a_survey_with_a_column_answer_is_not_prodigys():
    assert reading(b'{"text": "a", "answer": "accept"}').tool == ""
