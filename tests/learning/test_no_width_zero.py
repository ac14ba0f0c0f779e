"""A project with two answers to measure on: no page, no answer of REST and no file gives an interval of width zero."""

import csv
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from labeling.models import Split
from learning.core.evaluation.report import evaluate
from learning.core.simulation import Curve
from learning.management.commands import simulate
from learning.models import ModelVersion
from learning.pages.charts import learning_curve_chart
from learning.pages.pair_charts import share_strip
from learning.selectors.estimates import all_with_notes
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import decide
from tests.learning.pairwise.people import bring, honest, item_rows, judgments, make_pairwise_project
from tests.learning.people import answer_some, make_text_project, texts

pytestmark = pytest.mark.django_db
WORDS = re.compile(r"([+−-]?\d*\.?\d+%?) (?:to|and|–) ([+−-]?\d*\.?\d+%?)")
BANDS = re.compile(r'class="(?:strip__span|line)[^"]*" x1="([\d.]+)%?" x2="([\d.]+)%?" y1="([\d.]+)%?" y2="([\d.]+)%?"')


@pytest.fixture
def measured(people):
    """Everything right on two eval answers: a bootstrap knows of no error."""
    project = make_text_project(people.manager, n_pool=80, n_eval=20, retrain_every=10)
    answer_some(project, people.annotator, 20)
    answer_some(project, people.annotator, 2, Split.EVAL)
    run_training(decide(project.pk).pk)
    answer_some(project, people.annotator, 20)
    run_training(decide(project.pk).pk)
    assert ModelVersion.objects.get(number=2).metrics["accuracy"]["n"] == 2
    return project


@pytest.fixture
def judged(people):
    """A pairwise project with so few judgments that each rate says nothing."""
    project = make_pairwise_project(people.manager)
    bring(project, people.manager, item_rows(contexts=2, items=4))
    bring(project, people.manager, judgments(0, 6, {"ann": honest, "bob": honest}, contexts=2, items=4))
    run_training(decide(project.pk).pk)
    return project


def estimates(told: Any, path: str = "") -> Iterator[tuple[str, dict]]:
    """Every object with two ends inside an answer, with its path."""
    if isinstance(told, dict):
        if "low" in told and "high" in told:
            yield path, told
        for name, part in told.items():
            yield from estimates(part, f"{path}.{name}")
    elif isinstance(told, list):
        for number, part in enumerate(told):
            yield from estimates(part, f"{path}[{number}]")


def faults(told: Any) -> list[str]:
    """Paths of intervals that claim something where there is nothing to claim, or say nothing without a reason."""
    found = []
    for path, one in estimates(told):
        ends = (one["low"], one["high"])
        if "se" in one:  # a score's interval is its standard error's
            wrong = None not in ends and ends[0] >= ends[1]
        else:
            few = one.get("n") is not None and one["n"] < 5
            wrong = (ends != (None, None) or not one["note"]) if few else None not in ends and ends[0] >= ends[1]
        found += [path] if wrong else []
    return found


def printed_faults(page: str) -> list[str]:
    return [one[0] for one in WORDS.finditer(page) if one[1] == one[2]]


def drawn_faults(page: str) -> list[str]:
    """Lines of an interval that have neither width nor height; grids and axes are other classes."""
    return [one[0] for one in BANDS.finditer(page) if one[1] == one[2] and one[3] == one[4]]


def rest_of(client, project) -> Iterator[tuple[str, Any]]:
    root = f"/api/v1/projects/{project.slug}/"
    addresses = [root + part for part in ("", "metrics/", "models/", "runs/", "alerts/", "members/")]
    addresses += [root + "scores/"] if project.kind == "pairwise" else []
    addresses += [f"/api/v1/models/{version.pk}/" for version in ModelVersion.objects.filter(project=project)]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        yield address, answer.json()


def pages_of(browser, project) -> Iterator[tuple[str, str]]:
    root = f"/p/{project.slug}/"
    numbers = ModelVersion.objects.filter(project=project).values_list("number", flat=True)
    addresses = ["", "models/", "runs/", *(f"models/{number}/" for number in numbers)]
    addresses += [f"runs/{run.public_id}/" for run in project.runs.all()]
    addresses += ["ranking/"] if project.kind == "pairwise" else []
    for address in addresses:
        answer = browser.get(root + address)
        assert answer.status_code == 200, address
        yield address, answer.content.decode()


@pytest.mark.parametrize("made", ["measured", "judged"])
def test_no_answer_and_no_page_gives_an_interval_of_width_zero(request, people, api, browser_of, made):
    project = request.getfixturevalue(made)
    told = dict(rest_of(api(people.manager), project))
    assert sum(1 for _ in estimates(list(told.values()))) > 3, "there must be something to find"
    assert {address: faults(answer) for address, answer in told.items() if faults(answer)} == {}
    shown = dict(pages_of(browser_of(people.manager), project))
    assert "too few to say" in "".join(shown.values())
    assert {address: printed_faults(page) for address, page in shown.items() if printed_faults(page)} == {}
    assert {address: drawn_faults(page) for address, page in shown.items() if drawn_faults(page)} == {}


def test_the_walk_finds_a_planted_interval():
    assert faults({"a": [{"value": 1.0, "low": 1.0, "high": 1.0, "n": 9, "note": ""}]}) == [".a[0]"]
    assert faults({"value": 1.0, "low": 0.2, "high": 1.0, "n": 2, "note": ""}) == [""]
    assert printed_faults("1.000 (1.000 to 1.000)") == ["1.000 to 1.000"]
    span = '<line class="strip__span" x1="97.0%" x2="97.0%" y1="50%" y2="50%"/>'
    assert drawn_faults(span)


@pytest.mark.parametrize("kind", ["classification", "multilabel"])
@pytest.mark.parametrize("n", [2, 5, 50])
def test_losses_that_do_not_differ_have_an_interval_around_them(kind, n):
    truth = np.eye(2)[np.arange(n) % 2]
    metrics = evaluate(truth * 0.6 + 0.2, truth, kind=kind, rng=np.random.default_rng(0)).metrics
    for name in ("log_loss", "brier_loss"):
        found = metrics[name]
        assert found.low < found.value < found.high, name
        assert found.high - found.low > 1e-3, "wider than rounding"


def test_what_says_nothing_is_not_drawn():
    point = {"labels": 20, "metric": "accuracy", "value": 1.0, "low": 1.0, "high": 1.0, "n": 2}
    good = {**point, "labels": 40, "value": 0.9, "low": 0.8, "high": 0.95, "n": 90}
    chart = learning_curve_chart([point, good])
    assert chart.band == "", "one interval is no band"
    assert [bool(drawn.low) for drawn in chart.points] == [False, True]
    assert len(learning_curve_chart([point, good, {**good, "labels": 60}]).band.split()) == 4
    assert share_strip().mark(1.0, 1.0, 1.0, 9).low is None
    assert share_strip().mark(0.5, 0.2, 0.9, 4).low is None
    assert share_strip().mark(0.5, 0.2, 0.9, 5).low is not None


def test_a_report_is_told_with_notes_at_any_depth():
    told = all_with_notes({"a": [{"low": 0.1, "high": 0.9, "n": 4}], "b": {"c": {"low": 0.1, "high": 0.9}}})
    assert told["a"][0] == {"low": None, "high": None, "n": 4, "note": "too few to say"}
    assert told["b"]["c"]["note"] == ""


@pytest.mark.parametrize("seeds", [1, 3, 5])
def test_a_line_of_a_simulation_has_a_band_from_five_seeds_on(seeds):
    curves = [Curve("auto", seed, (10, 20), (0.5 + seed / 100, 1.0)) for seed in range(seeds)]
    found = simulate.line(simulate.Arm("tfidf", "auto", curves)).intervals
    assert found[0] is None if seeds < 5 else found[0][0] < found[0][1]
    assert found[1] is None, "all seeds alike: how sure that is nobody knows"


def test_the_files_of_a_simulation_say_why_there_is_no_interval(tmp_path):
    path, out = tmp_path / "m.csv", tmp_path / "out"
    with path.open("w", newline="") as file:
        rows = [(text, "spam" if "free" in text or "cash" in text else "ham") for text in texts(120)]
        csv.writer(file).writerows([("text", "label"), *rows])
    call_command("simulate", str(path), "--seeds", "1", "--budget", "20", "--learner", "logistic", "--out", str(out))
    with (out / "savings.csv").open() as file:
        assert {(row["low"], row["high"], row["note"]) for row in csv.DictReader(file)} == {("", "", "too few to say")}
    assert (out / "curves.png").stat().st_size
