"""spaCy's files hold spans only: they are refused by name, and what only looks like one goes in."""

import json

import pytest

from labeling.services.imports import ImportRefused
from labeling.services.imports.foreign import tool_of
from tests.labeling.imports.conftest import counts
from tests.labeling.imports.foreign.reading import reading

TOKENS = [{"id": 0, "orth": "Anna", "ner": "U-PER"}, {"id": 1, "orth": "sings", "ner": "O"}]
#: as `spacy convert --file-type json` writes it
TRAINING = [{"id": n, "paragraphs": [{"raw": "Anna sings", "sentences": [{"tokens": TOKENS}]}]} for n in range(2)]
#: as `Doc.to_json` writes it
DOCS = [{"text": "Anna sings", "ents": [{"start": 0, "end": 4, "label": "PERSON"}], "tokens": []}]
SPANS = [{"text": "Anna sings", "spans": [{"start": 0, "end": 4, "label": "PERSON", "token_start": 0}]}]
#: as its guides write examples by hand
ENTITIES = [{"text": "Anna sings", "entities": []}, {"text": "Anna sings", "entities": [[0, 4, "PERSON"]]}]
FILES = {"training": TRAINING, "docs": DOCS, "spans": SPANS, "entities": ENTITIES}


def as_json(rows) -> bytes:
    return json.dumps(rows).encode()


def as_jsonl(rows) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


@pytest.mark.parametrize("kind", ["classification", "multilabel", "rating", "pairwise"])
@pytest.mark.parametrize(("written", "name"), [(as_json, "train.json"), (as_jsonl, "train.jsonl")])
@pytest.mark.parametrize("rows", FILES.values(), ids=FILES)
def test_it_is_refused_by_name_whatever_is_asked(rows, written, name, kind):
    with pytest.raises(ImportRefused, match=r"^This is a file of spaCy; spans are not supported yet\.$"):
        reading(written(rows), name, kind=kind)


@pytest.mark.django_db
def test_nothing_of_it_goes_in(project, bring_in):
    with pytest.raises(ImportRefused, match=r"^This is a file of spaCy"):
        bring_in(project, as_jsonl(DOCS), "docs.jsonl")
    assert not project.items.exists()


@pytest.mark.parametrize("row", [
    {"text": "a", "label": "ham", "spans": [{"start": 0, "end": 1, "label": "X"}]},
    {"text": "a", "spans": []},
    {"text": "a", "entities": ["Anna", "Bob"]},
    {"text": "a", "entities": [["Anna", "is", "a person"]]},
    {"text": "a", "paragraphs": ["one", "two"]},
    {"id": 1, "text": "a", "paragraphs": 3},
])  # fmt: skip
def test_columns_that_are_only_called_so_are_columns(row):
    assert tool_of(list(row), [row], "json") != "spacy"


@pytest.mark.django_db
def test_texts_with_a_label_beside_their_spans_go_in(project, bring_in):
    rows = [{"text": f"text {n}", "label": "ham", "spans": [{"start": 0, "end": 4, "label": "X"}]} for n in range(3)]
    assert counts(bring_in(project, as_jsonl(rows), "rows.jsonl"))[:2] == ("done", 3)
