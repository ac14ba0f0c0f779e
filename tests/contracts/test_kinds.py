"""What every kind of question must do. A new one in KINDS needs an entry in ANSWERS and nothing else here."""

import itertools
import json
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.kinds import KINDS, InvalidAnswer, Question, QuestionKind

LABELS = frozenset({"ham", "spam", "égg", 'say "hi"', "=1"})
QUESTION = Question(LABELS)

#: some answers of each kind in canonical form
ANSWERS = {
    "classification": [{"label": "ham"}, {"label": "spam"}, {"label": 'say "hi"'}],
    "multilabel": [{"labels": []}, {"labels": ["ham"]}, {"labels": ["ham", "spam"]}],
    "rating": [{"rating": "ham"}, {"rating": "spam"}, {"rating": "=1"}],
    "pairwise": [{"winner": "left"}, {"winner": "right"}, {"winner": "tie"}, {"winner": "neither"}],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(sorted(LABELS)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["label", "labels", "x"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@pytest.fixture(params=sorted(KINDS))
def kind(request) -> QuestionKind:
    return KINDS[request.param]


def test_the_registry_goes_by_the_names_of_the_kinds():
    assert all(KINDS[name].name == name for name in KINDS)


def test_it_has_a_template_and_a_script(kind):
    assert kind.template == f"kinds/{kind.name}.html"
    assert kind.script == f"js/kinds/{kind.name}.js"
    assert kind.label_type in ("text", "list", "integer", "number")


def test_canonical_answers_stay_as_they_are(kind):
    for answer in ANSWERS[kind.name]:
        assert kind.validate(answer, QUESTION) == answer
        assert not kind.has_labels or set(kind.labels_of(answer)) <= LABELS
        assert isinstance(kind.flat(answer), str)


def test_different_answers_are_different_when_flat(kind):
    flat = [kind.flat(answer) for answer in ANSWERS[kind.name]]
    assert len(set(flat)) == len(flat)


def test_a_flat_answer_can_be_imported_again(kind):
    for answer in ANSWERS[kind.name]:
        if kind.flat(answer):
            assert kind.answer_from_import(kind.flat(answer), QUESTION) == answer


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=JSON)
def test_any_json_is_validated_or_refused_naming_the_field(kind, answer):
    for check in (kind.validate, kind.answer_from_import):
        valid, refused = outcome(check, answer)
        if refused:
            assert refused.field
            assert refused.reason
        else:
            assert kind.validate(valid, QUESTION) == valid
            assert not kind.has_labels or set(kind.labels_of(valid)) <= LABELS
            json.dumps(valid)


def outcome(check, answer):
    try:
        return check(answer, QUESTION), None
    except InvalidAnswer as refused:
        return None, refused


@pytest.mark.parametrize("cell", ["[", "[1]", "{", "[" * 100_000, "|", " ", "ham|", "nope", 3, None, [["ham"]]])
def test_odd_cells_of_an_import_are_read_or_refused(kind, cell):
    valid, refused = outcome(kind.answer_from_import, cell)
    assert refused or kind.validate(valid, QUESTION) == valid


def test_the_majority_of_equal_answers_is_that_answer(kind):
    for answer in ANSWERS[kind.name]:
        found = kind.aggregate([answer] * 3)
        assert found.label is not None
        assert found.confidence == 1
        assert all(share == 1 for share in found.soft_label.values())


def test_the_order_of_the_answers_does_not_matter(kind):
    for answers in itertools.product(ANSWERS[kind.name], repeat=3):
        results = {json.dumps(asdict(kind.aggregate(order))) for order in itertools.permutations(answers)}
        assert len(results) == 1


def test_shares_are_shares(kind):
    for answers in itertools.product(ANSWERS[kind.name], repeat=3):
        found = kind.aggregate(answers)
        assert 0 <= found.confidence <= 1
        assert all(0 < share <= 1 for share in found.soft_label.values())
        assert set(found.soft_label) == {label for answer in answers for label in kind.labels_of(answer)}
