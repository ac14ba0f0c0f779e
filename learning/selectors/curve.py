"""The learning curve: what each model version measured on the eval split, over the labels it learned from."""

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
    versions = ModelVersion.objects.filter(project=project).order_by("number").values_list("trained_on", "metrics")
    return [
        {"labels": trained_on, "metric": metric, "arm": "active", **metrics[metric]}
        for trained_on, metrics in versions
        if metric in metrics
    ]
