"""Records that Argilla 2.8.0 wrote (``made_by/argilla``): nested, flat, and flat as parquet."""

import pytest

from labeling.services.imports import ImportRefused
from tests.labeling.imports.foreign.reading import reading

SHAPES = pytest.mark.parametrize("shape", ["json", "rows.json", "parquet"])


@SHAPES
def test_responses_are_labels_and_suggestions_predictions(shape):
    found = reading(f"argilla/label.{shape}")
    assert found.tool == "argilla"
    assert found.column("id") == list("1234567")
    assert found.given()[:4] == [("positive", "positive"), "negative", "C#", None]
    one, other = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2))
    assert found.by_name[0] == {one: "positive", other: "positive"}
    assert len(set(found.by_name[6].values())) == 2  # two people of two minds: both are kept
    assert found.column("source")[:3] == ["web", "web", "mail"]
    said = {"question": "sentiment", "label": "negative", "score": 0.6, "model": "m1"}
    assert found.column("predictions") == [[said], *[None] * 6]


def test_discarded_answers_and_drafts_are_left_out_where_the_file_tells_them():
    assert reading("argilla/label.rows.json").given()[4:6] == [None, None]
    assert reading("argilla/label.rows.json").said("2 answers were discarded or drafts")
    nested = reading("argilla/label.json")
    assert nested.given()[4:6] == ["negative", "negative"]
    assert nested.said("does not tell discarded answers and drafts from others")


@SHAPES
def test_several_labels_ratings_and_rankings(shape):
    assert reading(f"argilla/multi.{shape}", kind="multilabel").given() == [
        ["sport", "arts, film"], ["politics"], [],
    ]  # fmt: skip
    assert reading(f"argilla/rating.{shape}", kind="rating").given() == [1, 5]
    ranked = reading(f"argilla/ranking.{shape}", kind="pairwise").rows
    assert [row.get("text") for row in ranked] == ["4", "5", None]
    assert ranked[2]["winner"] == "left"
    assert ranked[2]["annotator"] == "00000000-0000-0000-0000-000000000001"


@SHAPES
def test_of_several_questions_the_one_that_fits_is_taken(shape):
    assert reading(f"argilla/two-questions.{shape}").given() == ["positive", "positive"]
    rated = reading(f"argilla/two-questions.{shape}", kind="rating")
    assert rated.given() == [1, 5]
    assert rated.said("2 answers to “sentiment” were left out")


@SHAPES
def test_spans_are_refused_by_name(shape):
    with pytest.raises(ImportRefused, match="This is an export of Argilla with spans"):
        reading(f"argilla/spans.{shape}")
