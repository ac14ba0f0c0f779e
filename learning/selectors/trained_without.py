"""What came of training without some people, in words."""

from dataclasses import dataclass

from labeling.models import JobState, Project
from learning.core.evaluation.difference_words import difference_words
from learning.core.evaluation.interval_words import interval_words, number_words
from learning.models import TrainedWithout

#: Newest ones that are looked at for a group of people.
LOOKED_AT = 50


@dataclass(frozen=True)
class WithoutWords:
    """``words`` is the line that is shown; ``is_open`` while the job waits or is at work."""

    is_open: bool
    words: str


def newest_without(project: Project) -> dict[frozenset[str], WithoutWords]:
    """By the names of the people the newest attempt to train without exactly them."""
    found: dict[frozenset[str], WithoutWords] = {}
    for row in TrainedWithout.objects.filter(project=project).order_by("-pk")[:LOOKED_AT]:
        found.setdefault(frozenset(row.people), WithoutWords(not row.is_finished, words_of(row)))
    return found


def words_of(row: TrainedWithout) -> str:
    """One line, with the intervals and what they rest on."""
    if not row.is_finished:
        return "A model is being trained without them. Load the page again in a moment."
    if row.state != JobState.DONE:
        return f"The model without them could not be trained: {row.error or row.state}."
    result = row.result
    if not result["n_eval"]:
        return "No eval item is answered by anybody else: nothing to measure a model without them by."
    if result["difference"] is None:
        return "Nothing to learn from is left without them."
    name = result["metric"].replace("_", " ")
    rates = [
        f"{number_words(each['value'])} ({interval_words(each['low'], each['high'], each['n'])})"
        for each in (result["without"], result["with_them"])
    ]
    test = result["difference"]
    gain = difference_words(result["metric"], test["difference"], test["low"], test["high"], test["n"])
    changed = f" Of {result['eval_changed']:,} eval items the truth is another one." if result["eval_changed"] else ""
    return (
        f"Without their {result['left_out']:,} answers model {result['model']} has {name} {rates[0]}, with them "
        f"{rates[1]}: "
        f"{gain} of the items right, on {result['n_eval']:,} eval items by what the others say.{changed}"
    )
