"""How far off is what is said about a model? Digits by active learning through the application, 20 seeds.

    python -m benchmarks.honest_estimates [--seeds 20] [--answers 240] [--learner logistic] [--random-share 0.1]

Every seed draws 600 of scikit-learn's 1,797 digits that the application never sees: the truth. The rest is imported as
table rows into a project of its own, 300 of them as its eval split, answered truthfully as it is asked, with a run
after every 40 answers, and exported. Then three estimates of the accuracy stand beside the truth:

* ``eval``: what the newest model version says of itself;
* ``naive``: ten-fold cross-validation on the answered pool rows of the export, every row alike;
* ``lure``: the same out-of-fold errors, weighted by the export's ``weight_lure``;
* ``elsewhere``: the weighted errors of a model that was fitted on 100 of the hidden rows.

The truth for ``eval`` is the accuracy of the newest version on the 600, for the cross-validations that of their own
fold models, for the model made elsewhere its accuracy on the whole pool. Weights are unbiased for that one; a
cross-validation on chosen rows stays a little too low, because leaving out an answer that was asked for opens again
what it had closed. Exit code 1 when the mean error of ``eval`` is 1 point or more, or the intervals of ``lure`` or
``elsewhere`` hold the truth in fewer than 85 % of the seeds.
"""

import argparse
import json
import logging
import os
import random
import sys
import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np

HIDDEN, EVAL, FOLDS, BATCH, ELSEWHERE = 600, 300, 10, 40, 100
LIMIT = 0.01
MIN_COVERED = 0.85


@dataclass(frozen=True)
class Found:
    """Accuracies of one seed; each estimate with its interval. ``elsewhere_truth`` is over the whole pool."""

    truth: float
    fold_truth: float
    elsewhere_truth: float
    eval: tuple[float, float, float]
    naive: float
    lure: tuple[float, float, float]
    elsewhere: tuple[float, float, float]
    random_answers: int


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--answers", type=int, default=240, help="of the pool, besides those of the eval split")
    parser.add_argument("--learner", default="logistic")
    parser.add_argument("--random-share", type=float, default=0.1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="querent-bench-") as home:
        os.environ.update(QUERENT_HOME=home, DATABASE_URL="", REDIS_URL="")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        logging.getLogger("labeling.services.jobs.enqueue").setLevel(
            logging.ERROR
        )  # no broker: the runs are called here
        found = []
        for seed in range(options.seeds):
            found.append(one_seed(seed, options.answers, options.learner, options.random_share))
            print(line(seed, found[-1]), flush=True)
        return report(found)


def one_seed(seed: int, answers: int, learner: str, random_share: float) -> Found:
    """One project from import to export, and what its export says against the truth."""
    from sklearn.datasets import load_digits
    from threadpoolctl import threadpool_limits

    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(pixels))
    hidden, known = order[:HIDDEN], order[HIDDEN:]
    with threadpool_limits(limits=1):
        project = imported(seed, pixels, known, {"learner": learner, "random_share": random_share})
        answer_all(project, digits, answers, random.Random(seed))
        return measured(project, pixels, digits, hidden, learner, seed)


def content(row: Any) -> dict[str, int]:
    return {f"p{number:02}": int(value) for number, value in enumerate(row)}


def imported(seed: int, pixels: Any, known: Any, settings: dict[str, Any]) -> Any:
    """The project with its items, ranked once before the first answer."""
    from labeling.models import Project, User
    from labeling.services.imports import run_import, start_import
    from labeling.services.projects.manage import create_project

    person = User.objects.filter(username="teller").first() or User.objects.create_superuser("teller")
    labels = [{"name": str(digit)} for digit in range(10)]
    settings = {"eval_share": 0.5, "retrain_every": BATCH, "lease_s": 100_000, **settings}
    project = create_project(
        person, name=f"Digits {seed}", kind="classification", modality="tabular", labels=labels, settings=settings
    )
    Project.objects.filter(pk=project.pk).update(split_seed=f"honest {seed}")
    project.refresh_from_db()
    rows = [
        {"id": str(row), "split": "eval" if place < EVAL else "pool", **content(pixels[row])}
        for place, row in enumerate(known)
    ]
    run_import(start_import(person, project, rows=rows).pk)
    learn(project)
    return project


def learn(project: Any) -> None:
    from learning.models import Trigger
    from learning.services.pipeline.run import run_training
    from learning.services.runs.decide import decide

    run = decide(project.pk, Trigger.LABELS)
    if run is not None and run.state == "queued":
        done = run_training(run.pk)
        if done["state"] != "done":
            raise SystemExit(f"a run ended {done}")


def answer_all(project: Any, digits: Any, answers: int, rng: random.Random) -> None:
    """Truthful answers as they are asked, until the eval split is answered and the pool has ``answers``."""
    from labeling.models import Annotation, Item, Split
    from labeling.services.answers.record import record_answer
    from labeling.services.serving.next_tasks import next_tasks

    person = project.created_by
    since, left = 0, {Split.EVAL: Item.objects.filter(project=project, split=Split.EVAL).count(), Split.POOL: answers}
    while left[Split.POOL] > 0:
        (task,) = next_tasks(person, project, 1, rng)
        item = task.item
        assert item is not None  # it is no pair
        record_answer(person, task.pk, {"label": str(digits[int(item.external_id or "")])}, 900)
        left[Split(item.split)] -= 1
        since += 1
        if since == BATCH:
            since = 0
            learn(project)
            project.refresh_from_db()
    learn(project)
    assert Annotation.objects.filter(project=project).count() >= answers


def measured(project: Any, pixels: Any, digits: Any, hidden: Any, learner: str, seed: int) -> Found:
    from labeling.selectors.export import Filters
    from labeling.services.exports import export_file
    from learning.core.cycle import Answers, Settings, fit_model
    from learning.core.evaluation.lure import lure_estimate
    from learning.core.learners import one_hot
    from learning.models import ModelVersion
    from learning.services.features import encoder_versions
    from learning.services.registry import model_files

    lines = b"".join(export_file(project, "jsonl", "items", Filters())).splitlines()
    exported = [row for row in map(json.loads, lines) if row["split"] == "pool"]
    version = ModelVersion.objects.filter(project=project).order_by("-number")[0]
    encoder = encoder_versions.fitted(model_files.encoder_of(version))
    hidden_features = encoder.transform([content(pixels[row]) for row in hidden])
    labels = np.array(version.labels)

    def right(model: Any, features: Any, truth: Any) -> Any:
        return labels[model.predict(features).argmax(axis=1)] == truth.astype(str)

    chosen = np.array([int(row["external_id"]) for row in exported])
    features = encoder.transform([content(pixels[row]) for row in chosen])
    targets = one_hot([version.labels.index(row["label"]) for row in exported], len(labels))
    weights = np.array([row["weight_lure"] for row in exported])
    rng = np.random.default_rng(seed)
    fold = rng.permutation(np.arange(len(chosen)) % FOLDS)
    wrong, fold_truth = np.zeros(len(chosen)), []
    for number in range(FOLDS):
        rest = fold != number
        fitting = Answers(features[rest], targets[rest])
        model = fit_model(fitting, Settings("classification", len(labels), learner=learner), rng)
        wrong[~rest] = ~right(model, features[~rest], digits[chosen[~rest]])
        fold_truth.append(right(model, hidden_features, digits[hidden]).mean())
    lure = lure_estimate(wrong, weights)
    own = Answers(hidden_features[:ELSEWHERE], one_hot(digits[hidden[:ELSEWHERE]], len(labels)))
    own_model = fit_model(own, Settings("classification", len(labels), learner=learner), rng)
    pool = np.array([int(name) for name in project.items.filter(split="pool").values_list("external_id", flat=True)])
    pool_features = encoder.transform([content(pixels[row]) for row in pool])
    elsewhere = lure_estimate(~right(own_model, features, digits[chosen]), weights)
    said = version.metrics["accuracy"]
    return Found(
        truth=float(right(model_files.load_model(version), hidden_features, digits[hidden]).mean()),
        fold_truth=float(np.mean(fold_truth)),
        eval=(said["value"], said["low"], said["high"]),
        naive=float(1 - wrong.mean()),
        lure=(1 - lure.value, 1 - lure.high, 1 - lure.low),
        elsewhere=(1 - elsewhere.value, 1 - elsewhere.high, 1 - elsewhere.low),
        elsewhere_truth=float(right(own_model, pool_features, digits[pool]).mean()),
        random_answers=sum(row["reason"] == "random" for row in exported),
    )


def line(seed: int, found: Found) -> str:
    of_eval, lure, elsewhere = (
        "{:.3f} ({:.3f} to {:.3f})".format(*estimate) for estimate in (found.eval, found.lure, found.elsewhere)
    )
    return (
        f"seed {seed:2}: truth {found.truth:.3f}, eval {of_eval}; folds {found.fold_truth:.3f}, naive"
        f" {found.naive:.3f}, lure {lure}; elsewhere {found.elsewhere_truth:.3f}, lure {elsewhere};"
        f" {found.random_answers} random answers"
    )


def summary(errors: Any, covered: Any = None) -> str:
    """Mean error in points with its 95 % interval, the typical single error, and how often the interval held."""
    half = 1.96 * errors.std(ddof=1) / np.sqrt(len(errors)) if len(errors) > 1 else float("nan")
    text = f"{errors.mean() * 100:+6.2f} ({(errors.mean() - half) * 100:+.2f} to {(errors.mean() + half) * 100:+.2f})"
    text += f"   {np.abs(errors).mean() * 100:5.2f}"
    return text + (f"   {covered.sum()} of {len(covered)}" if covered is not None else "")


def report(found: list[Found]) -> int:
    def column(name: str) -> Any:
        return np.array([getattr(row, name) for row in found])

    def held(estimate: Any, truth: Any, sampled: bool) -> Any:
        """Whether the interval has the truth, which may be a sample itself: within its standard error."""
        noise = np.sqrt(truth * (1 - truth) / HIDDEN) if sampled else 0.0
        return (estimate[:, 1] <= truth + noise) & (truth - noise <= estimate[:, 2])

    rows = {
        "eval split": (column("eval"), column("truth"), True),
        "LURE, cross-validation": (column("lure"), column("fold_truth"), True),
        "LURE, a model made elsewhere": (column("elsewhere"), column("elsewhere_truth"), False),
    }
    print(f"\n{len(found)} seeds, errors in points: mean (95 % interval), mean size, truth within the interval")
    covered = {}
    for name, (estimate, truth, sampled) in rows.items():
        covered[name] = held(estimate, truth, sampled)
        print(f"{name:<30}{summary(estimate[:, 0] - truth, covered[name])}")
        if name == "eval split":
            print(f"{'naive cross-validation':<30}{summary(column('naive') - column('fold_truth'))}")
    off = abs((column("eval")[:, 0] - column("truth")).mean())
    return int(off >= LIMIT or min(each.mean() for each in covered.values()) < MIN_COVERED)


if __name__ == "__main__":
    sys.exit(main())
