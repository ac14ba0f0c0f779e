"""One source for each sentence about a model, and no interval where there is none to give."""

import re

import numpy as np
import pytest

from labeling.models import Project
from learning.core.evaluation.interval_words import interval_words
from learning.core.evaluation.report import evaluate
from learning.models import ModelVersion, Status
from learning.selectors import verdict_words
from learning.selectors.estimates import with_note
from learning.selectors.in_short import in_short
from learning.services.registry.gate import judge


def verdict(passed: int, asked: int, status: str = "provisional") -> dict:
    return {"status": status, "checks": [{"passed": number < passed} for number in range(asked)]}


@pytest.mark.parametrize("status", ["champion", "provisional", "rejected"])
@pytest.mark.parametrize(("passed", "n_eval"), [(2, 2), (2, 300), (3, 300)])
def test_the_sentences_of_a_version_do_not_contradict_each_other(status, passed, n_eval):
    found = verdict(passed, 3, status)
    version = ModelVersion(status=status, n_eval=n_eval, verified=status == "champion" and passed == 3)
    said = f"{verdict_words.status_words(version, found, True)} {verdict_words.checks_words(found)}"
    assert not ("passed every check" in said and "2 of 3" in said), said
    assert not ("did not pass every" in said and "passed all 3" in said), said
    if passed == 3 and status != "champion":
        assert ", but" in verdict_words.checks_words(found), "why all checks were not enough"


MEASURED = {"value": 0.852, "low": 0.7549, "high": 0.9071, "n": 84}


@pytest.mark.parametrize(
    ("kind", "metrics", "fields", "said"),
    [
        ("classification", {"accuracy": MEASURED}, {"n_eval": 84},
         "Right on 85 of 100 new items, 75 to 91; 116 more eval answers before it can be trusted."),
        ("multilabel", {"exact_match": MEASURED}, {"n_eval": 199},
         "All labels right on 85 of 100 new items, 75 to 91; 1 more eval answer before it can be trusted."),
        ("pairwise", {"accuracy": MEASURED}, {"n_eval": 300},
         "Right on 85 of 100 new pairs, 75 to 91; not to be trusted yet, it failed 1 of 3 checks."),
        ("rating", {"accuracy": MEASURED, "within_one": MEASURED | {"value": 0.9}},
         {"n_eval": 300, "verified": True, "status": "champion"},
         "Exactly right on 85 of 100 new items, 75 to 91, within one step on 90, 75 to 91; it passed every check and"
         " can be trusted."),
        ("classification", {"accuracy": MEASURED | {"n": 4, "value": 0.75}}, {"n_eval": 4},
         "3 of 4 eval items right: too few to say more; 196 more eval answers before it can be trusted."),
        ("classification", {}, {"status": "rejected"},
         "Nothing is known yet of how good it is; it is clearly worse than what was in use."),
    ],
)  # fmt: skip
def test_a_version_in_one_plain_sentence(kind, metrics, fields, said):
    version = ModelVersion(project=Project(kind=kind), metrics=metrics, **fields)
    assert in_short(version, verdict(2, 3)) == said


def test_the_gates_reason_names_the_check_that_failed():
    right = np.array([True] * 60)
    found = judge(right, ~right, None, has_champion=False)
    assert found.status == Status.PROVISIONAL
    assert "every other check" in found.reason
    assert "every check," not in found.reason
    kept = "It may rank. It passed every check, but on 2 eval answers; 200 are asked for."
    assert verdict_words.reason_words(kept).startswith("It may rank. It passed every other check, but was measured on")


@pytest.mark.parametrize("kind", ["classification", "multilabel"])
@pytest.mark.parametrize("n", [2, 5, 40])
def test_a_share_is_never_known_for_certain(kind, n):
    """All answers right: a bootstrap among them knows of no error."""
    truth = np.eye(2)[np.arange(n) % 2]
    found = evaluate(np.clip(truth, 0.01, 0.99), truth, kind=kind, rng=np.random.default_rng(0))
    shares = dict(found.metrics)
    shares |= {f"{part} {of.label}": getattr(of, part) for of in found.labels for part in ("precision", "recall", "f1")}
    assert [name for name, of in shares.items() if of.low >= of.high] == []
    assert all(of.low <= of.value <= of.high for of in shares.values())


def test_a_label_that_was_never_answered_has_an_undefined_precision():
    truth = np.eye(2)[[0, 1, 1, 0, 1]]
    given = np.tile([0.9, 0.1], (5, 1))
    of = evaluate(given, truth, kind="classification", rng=np.random.default_rng(0)).labels[1].precision
    assert interval_words(of.low, of.high, of.n) == "undefined"


def test_rest_says_in_words_why_there_is_no_interval():
    assert with_note({"value": 1.0, "low": 1.0, "high": 1.0, "n": 2}) == {
        "value": 1.0, "low": None, "high": None, "n": 2, "note": "too few to say",
    }  # fmt: skip
    assert with_note({"value": 0.1, "low": 0.1, "high": 0.1, "n": 9})["note"] == "interval undefined"
    assert with_note({"value": 0.5, "low": 0.2, "high": 0.8, "n": 9})["note"] == ""


@pytest.mark.parametrize("folder", ["models", "pairwise", "project", "runs"])
def test_no_template_prints_an_interval_by_itself(folder):
    """Intervals are words of one filter: a template that prints two ends prints them at two items too."""
    from pathlib import Path

    templates = Path(__file__).resolve().parents[2] / "templates/pages" / folder
    by_hand = re.compile(r"\{\{[^}]*\blow\b[^}]*\}\}\s*to\s*\{\{")
    assert [file.name for file in templates.glob("*.html") if by_hand.search(file.read_text())] == []
