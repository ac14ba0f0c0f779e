"""What a data set's sheet says of models that will learn from it: what was measured, here and in the benchmarks."""

from collections.abc import Iterator

from labeling.kinds import kind_of
from labeling.models import Project
from learning.models import ModelVersion
from learning.selectors.estimates import ends

#: Decision 0060: 240 clean answers that `auto` asked for against as many random ones, points of the held-out score.
MEASURED = (
    "What other families of models gain from 240 clean answers that the strategy `auto` asked for, over as many random",
    "ones, was measured on public sets (decision 0060), in points of the held-out score: boosting on two tables -0.1",
    "(-2.1 to +1.8) and 0.0 (-0.4 to +0.5), a forest on them -0.8 (-2.6 to +1.0) and +0.2 (+0.1 to +0.3), on photos",
    "+1.0 (-0.4 to +2.5) and on pictures of clothes +1.7 (+0.3 to +3.1), on short messages with little spam +33",
    "(+28 to +38) and on questions of 77 intents +18.0 (+17.1 to +18.9), TF-IDF with a linear model on these two",
    "+23 (+4 to +42) and +15.3 (+14.2 to +16.4). Answers with errors were not measured. `manage.py simulate` measures",
    "it on data of yours.",
)


def successor_lines(project: Project) -> Iterator[str]:
    """Of the version in use its headline measure on the eval split, then what is known of successors in general."""
    version = ModelVersion.objects.filter(project=project).in_use()
    headline = kind_of(project).headline
    estimate = version.metrics.get(headline) if version else None
    if version is None or not estimate or estimate.get("value") is None:
        yield "No model of this project was measured: nothing is known of what can be learned from it."
    else:
        around = ends(estimate)
        interval = f", {around[0]:.3f} to {around[1]:.3f} at 95 %" if around else ""
        gate = "passed the gate" if version.verified else "has not passed the gate on 200 eval answers"
        yield f"Model {version.number} ({version.learner} on {version.encoder}) learned from {version.trained_on:,}"
        yield f"items and has {headline} {estimate['value']:.3f}{interval} on {version.n_eval:,} eval items; it {gate}."
        yield "A model made elsewhere compares with it on the `test` side, which no model here has learned from."
    yield ""
    yield from MEASURED
