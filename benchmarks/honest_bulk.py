"""Do steps about many items move what is said about a model? Digits through the application, 20 seeds.

    python -m benchmarks.honest_bulk [--seeds 20] [--answers 240] [--clusters 20] [--points 50] [--every 40]

As ``honest_estimates``: 600 digits stay hidden and are the truth, the others are imported with an eval split, answered
as they are asked and learned from. Then somebody draws lassos: ``--clusters`` times the ``--points`` nearest of a
random item, held-out items among them, are labeled what most of them are, by one step each; wrong are those that are
another digit. The held-out ones are left out, as the step demands. A run learns from it, everything is undone, and
another run learns again.

The error is what the newest version says of itself (``eval``) less its accuracy on the hidden digits. Exit code 1 when
it is moved by 1 point or more on average, by the labels or by their undo; or when the undo leaves anything in the
export otherwise than it was.
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

from benchmarks import honest_estimates as honest

LIMIT = 0.01


@dataclass(frozen=True)
class Found:
    """Eval estimate and truth, each before, with the labels of the lassos, and after the undo. ``labeled`` items, a
    share of them wrongly; ``held_out`` were inside the lassos and left out."""

    said: tuple[float, float, float]
    truth: tuple[float, float, float]
    labeled: int
    wrong: float
    held_out: int
    is_as_before: bool

    def error(self, moment: int) -> float:
        return self.said[moment] - self.truth[moment]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--answers", type=int, default=240, help="of the pool, besides those of the eval split")
    parser.add_argument("--clusters", type=int, default=20)
    parser.add_argument("--points", type=int, default=50)
    parser.add_argument("--every", type=int, default=honest.BATCH, help="answers between two runs")
    options = parser.parse_args()
    honest.BATCH = options.every
    with tempfile.TemporaryDirectory(prefix="querent-bench-") as home:
        os.environ.update(QUERENT_HOME=home, DATABASE_URL="", REDIS_URL="")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        logging.getLogger("labeling.services.jobs.enqueue").setLevel(logging.ERROR)  # no broker: runs are called here
        found = []
        for seed in range(options.seeds):
            found.append(one_seed(seed, options.answers, options.clusters, options.points))
            print(line(seed, found[-1]), flush=True)
        return report(found)


def one_seed(seed: int, answers: int, clusters: int, points: int) -> Found:
    from sklearn.datasets import load_digits
    from threadpoolctl import threadpool_limits

    from labeling.services.bulk import undo

    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(pixels))
    hidden, known = order[: honest.HIDDEN], order[honest.HIDDEN :]
    with threadpool_limits(limits=1):
        project = honest.imported(seed, pixels, known, {"learner": "logistic", "random_share": 0.1})
        honest.answer_all(project, digits, answers, random.Random(seed))
        rows, moments = exported(project), [moment(project, pixels, digits, hidden)]
        steps, wrong, held_out = lassos(project, pixels, digits, known, clusters, points, seed)
        learned_anew(project)
        moments.append(moment(project, pixels, digits, hidden))
        for step in reversed(steps):
            undo(project.created_by, project, step)
        is_as_before = exported(project) == rows
        learned_anew(project)
        moments.append(moment(project, pixels, digits, hidden))
    labeled = sum(step.done for step in steps)
    said, truth = zip(*moments, strict=True)
    return Found(said, truth, labeled, wrong / labeled, held_out, is_as_before)


def lassos(
    project: Any, pixels: Any, digits: Any, known: Any, clusters: int, points: int, seed: int
) -> tuple[list[Any], int, int]:
    """The steps, how many items they label wrongly, and how many held-out ones were inside."""
    from labeling.models import BulkItem
    from labeling.services.bulk import Selection, begin

    rng = np.random.default_rng(seed)
    ids = dict(project.items.values_list("external_id", "pk"))
    truth = {ids[str(row)]: str(digits[row]) for row in known}
    steps, wrong, held_out = [], 0, 0
    for center in rng.choice(known, clusters, replace=False):
        nearest = known[np.argsort(((pixels[known] - pixels[center]) ** 2).sum(axis=1))[:points]]
        label = str(np.bincount(digits[nearest]).argmax())
        selection = Selection(tuple(ids[str(row)] for row in nearest))
        step = begin(project.created_by, project, "label", selection, answer={"label": label}, eval_items="leave_out")
        done = BulkItem.objects.filter(step=step, why="").values_list("item", flat=True)
        wrong += sum(truth[item] != label for item in done)
        held_out += points - step.total
        steps.append(step)
    return steps, wrong, held_out


def learned_anew(project: Any) -> None:
    from learning.models import ModelVersion

    before = ModelVersion.objects.filter(project=project).count()
    project.refresh_from_db()
    honest.learn(project)
    if ModelVersion.objects.filter(project=project).count() == before:
        raise SystemExit("nothing was learned from the step")


def moment(project: Any, pixels: Any, digits: Any, hidden: Any) -> tuple[float, float]:
    """What the newest version says of itself, and how right it is on what nobody has seen."""
    from learning.models import ModelVersion
    from learning.services.features import encoder_versions
    from learning.services.registry import model_files

    version = ModelVersion.objects.filter(project=project).order_by("-number")[0]
    encoder = encoder_versions.fitted(model_files.encoder_of(version))
    features = encoder.transform([honest.content(pixels[row]) for row in hidden])
    guessed = np.array(version.labels)[model_files.load_model(version).predict(features).argmax(axis=1)]
    return version.metrics["accuracy"]["value"], float((guessed == digits[hidden].astype(str)).mean())


def exported(project: Any) -> list[dict[str, Any]]:
    """What the export says of every item and its answers."""
    from labeling.selectors.export import Filters
    from labeling.services.exports import export_file

    return [json.loads(row) for row in b"".join(export_file(project, "jsonl", "items", Filters())).splitlines()]


def line(seed: int, found: Found) -> str:
    parts = [
        f"{name} eval {found.said[number]:.3f}, truth {found.truth[number]:.3f}"
        for number, name in enumerate(("before", "labeled", "undone"))
    ]
    return (
        f"seed {seed:2}: {'; '.join(parts)}; {found.labeled} labeled, {100 * found.wrong:.0f} % wrongly,"
        f" {found.held_out} held out; {'as before' if found.is_as_before else 'NOT AS BEFORE'}"
    )


def report(found: list[Found]) -> int:
    errors = np.array([[each.error(number) for number in range(3)] for each in found])
    said = np.array([each.said for each in found])
    print(f"\n{len(found)} seeds, in points: mean (95 % interval), mean size")
    for number, name in enumerate(("before", "with the labels", "after the undo")):
        print(f"{'eval less truth, ' + name:<38}{honest.summary(errors[:, number])}")
    moved = {
        "error moved by the labels": errors[:, 1] - errors[:, 0],
        "error moved by labels and undo": errors[:, 2] - errors[:, 0],
    }
    for name, by in moved.items():
        print(f"{name:<38}{honest.summary(by)}")
    # no error: the last run has learned what was answered since the run before the steps, too
    print(f"{'eval estimate, undone less before':<38}{honest.summary(said[:, 2] - said[:, 0])}")
    is_moved = any(abs(by.mean()) >= LIMIT for by in moved.values())
    return int(is_moved or not all(each.is_as_before for each in found))


if __name__ == "__main__":
    sys.exit(main())
