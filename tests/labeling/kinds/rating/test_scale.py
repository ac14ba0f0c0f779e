"""What a label set may be, and what an answer is."""

import pytest

from labeling.kinds import KINDS, InvalidAnswer, Question
from labeling.services.projects.label_set import set_labels
from labeling.services.validation.errors import Invalid
from tests.factories import make_project

RATING = KINDS["rating"]
FIVE = Question({str(step): None for step in range(1, 6)}.keys())
NAMED = Question(dict.fromkeys(("poor", "fair", "good")).keys())


def scale_of(*names):
    project = make_project(kind="rating", labels=())
    return [(label.name, label.hotkey, label.description) for label in set_labels(project, list(names))]


@pytest.mark.django_db
def test_two_named_ends_make_the_steps_between():
    assert scale_of("1 awful", "4: great") == [("1", "1", "awful"), ("2", "2", ""), ("3", "3", ""), ("4", "4", "great")]


@pytest.mark.django_db
def test_the_key_of_a_step_is_its_digit():
    assert [key for _, key, _ in scale_of("0", "10")][:10] == list("0123456789")
    assert [key for _, key, _ in scale_of("1", "10")] == list("1234567890")
    keys = [key for _, key, _ in scale_of("0", "10")]
    assert len(set(keys)) == 11
    assert all(keys)


@pytest.mark.django_db
def test_steps_are_kept_in_their_order_however_they_are_given():
    assert [name for name, _, _ in scale_of("3", "-1", "1")] == ["-1", "0", "1", "2", "3"]
    assert [name for name, _, _ in scale_of("poor", "fair", "good")] == ["poor", "fair", "good"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([str(step) for step in range(12)], "at most 11 steps"),
        (["1", "good"], "begin with a number or none"),
        (["1", "1 again"], "given twice"),
    ],
)
def test_what_is_no_scale_is_refused(names, why):
    with pytest.raises(Invalid, match=why):
        scale_of(*names)


@pytest.mark.django_db
def test_words_of_a_step_can_be_changed_and_stay_otherwise():
    project = make_project(kind="rating", labels=())
    set_labels(project, ["1 awful", "3 great"])
    set_labels(project, ["1", "2 fair", "3 superb"])
    found = {label.name: label.description for label in project.labels.in_use()}
    assert found == {"1": "awful", "2": "fair", "3": "superb"}


@pytest.mark.parametrize("value", [4, 4.0, "4", "4.0", " 4 ", "4e0"])
def test_a_number_is_the_step_it_says(value):
    assert RATING.answer_from_import(value, FIVE) == {"rating": 4}


@pytest.mark.parametrize("value", [0, 6, 3.5, "3,5", True, None, "", "good", [4], float("nan"), float("inf"), 10**400])
def test_what_is_no_step_is_refused(value):
    for check in (RATING.answer_from_import, lambda given, question: RATING.validate({"rating": given}, question)):
        with pytest.raises(InvalidAnswer) as refused:
            check(value, FIVE)
        assert refused.value.field == "rating"


def test_named_steps_are_given_by_their_name():
    assert RATING.validate({"rating": "good"}, NAMED) == {"rating": "good"}
    with pytest.raises(InvalidAnswer):
        RATING.validate({"rating": 3}, NAMED)


def test_an_answer_has_one_key():
    for answer in ({"label": "4"}, {"rating": 4, "label": 4}, [], None, {}):
        with pytest.raises(InvalidAnswer) as refused:
            RATING.validate(answer, FIVE)
        assert refused.value.field == "answer"
