"""A scale is learned as one: the run, its model, its queue, its pages and the simulation."""

import json
import random

import pytest
from django.core.management import call_command

from labeling.models import Epoch, Item, JobState, QueueEntry, Split
from learning.families.labels.training_data import freeze
from learning.models import ModelVersion, Run, Status
from learning.pages.pair_charts import kappa_strip
from learning.services.pipeline.run import run_training
from learning.services.runs.decide import data_watermark, decide
from tests.factories import UserFactory, make_answer, make_answers, make_items, make_project

pytestmark = pytest.mark.django_db
WORDS = ("awful", "poor", "fair", "good", "splendid")
STEPS = tuple(str(step) for step in range(1, 6))


def reviews(n: int, seed: int = 0) -> list[str]:
    """Texts whose words say their step, with some noise."""
    rng = random.Random(seed)
    made = []
    for number in range(n):
        step = rng.randrange(5)
        near = [WORDS[min(max(step + rng.choice((-1, 0, 0, 1)), 0), 4)] for _ in range(2)]
        made.append(
            f"{WORDS[step]} {' '.join(near)} film number {number} {rng.choice(('tonight', 'again', 'at last'))}"
        )
    return made


def true_step(item: Item) -> int:
    return WORDS.index(item.text.split()[0]) + 1


def rate(project, annotator, n: int, split: Split = Split.POOL) -> None:
    items = Item.objects.open_in(split).filter(project=project).order_by("ordinal")[:n]
    make_answers((item, annotator, {"rating": true_step(item)}) for item in items)


@pytest.fixture
def project(people):
    made = make_project(kind="rating", labels=STEPS, manager=people.manager)
    every = reviews(460)
    make_items(made, every[:250])
    make_items(made, every[250:], split=Split.EVAL)
    return made


def trained(project) -> Run:
    run = decide(project.pk)
    assert run is not None
    run_training(run.pk)
    run.refresh_from_db()
    assert run.state == JobState.DONE, run.error
    return run


def test_it_is_learned_as_a_scale_measured_by_kappa_and_asked_by_expected_error(people, project, browser_of, api):
    rate(project, people.annotator, 60)
    rate(project, people.annotator, 205, Split.EVAL)
    run = trained(project)
    version = ModelVersion.objects.get(project=project)
    assert version.learner == "ordinal_logistic"
    assert next(iter(version.metrics)) == "quadratic_kappa"
    kappa, error = version.metrics["quadratic_kappa"], version.metrics["mean_absolute_error"]
    assert kappa["low"] < kappa["value"] < kappa["high"]
    assert kappa["value"] > 0.5
    assert set(version.baselines) == {"median", "majority", "stratified", "nearest_centroid"}
    assert error["value"] < version.baselines["median"]["mean_absolute_error"]["value"]
    assert version.baselines["majority"]["quadratic_kappa"]["value"] == pytest.approx(0)

    verdict = version.decisions.last()
    checks = {check["name"]: check for check in verdict.numbers["checks"]}
    assert {"error_not_above_baseline", "kappa_not_below_baseline", "kappa_not_below_nearest_centroid"} <= set(checks)
    assert "closer to the truth than the other" in verdict.reason

    epoch = Epoch.objects.get(project=project, number=run.epoch)
    assert epoch.strategy == "diverse_error"
    first = QueueEntry.objects.filter(epoch=epoch).order_by("rank").first()
    assert 0 < first.utility <= 0.5, "steps expected off, over all steps there are"

    client = browser_of(people.manager)
    for page in ("", "models/", "models/1/", "models/1/mistakes/", f"runs/{run.public_id}/", "settings/"):
        assert client.get(f"/p/{project.slug}/{page}").status_code == 200, page
    shown = client.get(f"/p/{project.slug}/models/{version.number}/").content.decode()
    for words in ("Quadratic weighted kappa", "Mean absolute error, steps", "Always the median", "No further off than"):
        assert words in shown
    for fragment in ("curve", "runs", "model"):
        assert client.get(f"/p/{project.slug}/fragments/{fragment}/").status_code == 200
    told = api(people.manager).get(f"/api/v1/projects/{project.slug}/models/").json()["results"][0]
    assert told["metrics"]["quadratic_kappa"]["value"] == pytest.approx(kappa["value"])
    assert api(people.manager).get(f"/api/v1/projects/{project.slug}/metrics/").status_code == 200


def test_a_second_version_stands_beside_the_first_and_the_same_run_gives_the_same_model(people, project, browser_of):
    rate(project, people.annotator, 40)
    rate(project, people.annotator, 205, Split.EVAL)
    trained(project)
    rate(project, people.annotator, 60)
    run = trained(project)
    second = ModelVersion.objects.get(project=project, number=2)
    assert second.status in (Status.CHAMPION, Status.PROVISIONAL)
    shown = browser_of(people.manager).get(f"/p/{project.slug}/models/2/").content.decode()
    assert "closer to the truth on" in shown
    assert "Ranked probability loss" in shown
    call_command("repeat_run", str(run.public_id))


def test_a_median_between_two_steps_is_a_truth_of_half_each_and_learned_by_shares():
    project = make_project(kind="rating", labels=STEPS, overlap=2)
    pool = make_items(project, ["p"])
    held = make_items(project, ["e"], split=Split.EVAL)
    for item in (*pool, *held):
        for step in (2, 5):
            make_answer(item, UserFactory(), {"rating": step})
    data = freeze(Run(project=project, **data_watermark(project)))
    assert data.pool.soft.tolist() == [[0, 0.5, 0, 0, 0.5]]
    assert data.evaluation.hard.tolist() == [[0, 0.5, 0, 0, 0.5]]
    assert len(data.tied) == 0


def test_the_steps_keep_their_order_whatever_their_names_sort_like(people):
    steps = tuple(str(step) for step in range(11))
    project = make_project(kind="rating", labels=steps, manager=people.manager)
    assert freeze(Run(project=project, **data_watermark(project))).labels == steps


def test_a_rated_file_is_simulated_as_a_scale(tmp_path, capsys):
    rows = [json.dumps({"text": text, "label": WORDS.index(text.split()[0]) + 8}) for text in reviews(160)]
    (tmp_path / "rated.jsonl").write_text("\n".join(rows))
    file, out = tmp_path / "rated.jsonl", tmp_path / "out"
    call_command("simulate", file, "--kind", "ordinal", "--seeds", "1", "--budget", "60", "--out", out)
    said = capsys.readouterr().out
    assert "quadratic_kappa" in said
    assert (out / "curves.csv").read_text().startswith("encoder,strategy,seed,labels,quadratic_kappa")


def test_a_file_of_words_is_no_scale(tmp_path):
    from django.core.management import CommandError

    rows = [json.dumps({"text": text, "label": text.split()[0]}) for text in reviews(60)]
    (tmp_path / "rated.jsonl").write_text("\n".join(rows))
    with pytest.raises(CommandError, match="must be numbers"):
        call_command("simulate", tmp_path / "rated.jsonl", "--kind", "ordinal", "--seeds", "1", "--budget", "40")


def test_kappa_is_drawn_as_a_number_and_below_0_where_it_lies_there():
    assert [tick.text for tick in kappa_strip(0.1).ticks] == ["0", "0.25", "0.5", "0.75", "1"]
    below = kappa_strip(-0.2)
    assert [tick.text for tick in below.ticks] == ["−1", "−0.5", "0", "+0.5", "+1"]
    assert below.mark(-0.2, -0.4, 0.0, 20).low < below.mark(-0.2, -0.4, 0.0, 20).at < below.middle
