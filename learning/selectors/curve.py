"""The learning curve: what each model version measured on the eval split, over the labels it learned from."""

from collections.abc import Sequence
from typing import Any

from labeling.kinds import kind_of
from labeling.models import Project
from learning.models import ArmComparison, ModelVersion
from learning.selectors.estimates import with_note


def headline_of(project: Project) -> str:
    """The metric shown first."""
    return kind_of(project).headline


def learning_curve(project: Project) -> list[dict[str, Any]]:
    """Points by rising number of labels, ``{labels, metric, value, low, high, n, note, arm}``: the model versions as
    arm ``active``, and as arm ``random`` what as many answers of the random draws alone would have taught."""
    random = [
        {"labels": row.labels, "metric": row.metric, "arm": "random", **row.random}
        for row in ArmComparison.objects.filter(project=project, metric=headline_of(project)).in_order()
    ]
    return [with_note(point) for point in versions_curve(project) + random]


def versions_curve(project: Project) -> list[dict[str, Any]]:
    """The model versions alone, by number."""
    metric = headline_of(project)
    versions = (
        ModelVersion.objects.filter(project=project).of_runs().order_by("number").values_list("trained_on", "metrics")
    )
    return [
        {"labels": trained_on, "metric": metric, "arm": "active", **metrics[metric]}
        for trained_on, metrics in versions
        if metric in metrics
    ]


def setup_curves(project: Project, versions: Sequence[ModelVersion]) -> list[tuple[str, list[dict[str, Any]]]]:
    """One curve for each way in which ``versions`` were made, learner and encoder: its name, and as in
    :func:`versions_curve` the points of all versions of the project that were made so. ``number`` names the version."""
    metric = headline_of(project)
    wanted = dict.fromkeys(setup_name(version.learner, version.encoder) for version in versions)
    curves: dict[str, list[dict[str, Any]]] = {name: [] for name in wanted}
    rows = ModelVersion.objects.of_runs().filter(project=project, learner__in={version.learner for version in versions})
    found = rows.order_by("number").values_list("number", "learner", "encoder", "trained_on", "metrics")
    for number, learner, encoder, trained_on, metrics in found:
        name = setup_name(learner, encoder)
        if name in curves and metric in metrics:
            point = {"labels": trained_on, "metric": metric, "arm": "active", "number": number, **metrics[metric]}
            curves[name].append(point)
    return [(name, points) for name, points in curves.items() if points]


def setup_name(learner: str, encoder: str) -> str:
    """Learner and encoder; the latter by its name: what else its version says changes when it is fitted anew."""
    return f"{learner}, {encoder.partition(':')[0]}"
