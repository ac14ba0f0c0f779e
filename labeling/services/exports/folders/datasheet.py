"""What a data set says of itself, written from what happened: who answered what and why, and what is not in it.

The headings follow T. Gebru et al., "Datasheets for Datasets", 2021, as far as the application knows the answers.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from labeling.extensions import installed
from labeling.kinds import kind_of
from labeling.models import Item, Project, SchemeChange
from labeling.models.source import sources_in_words
from labeling.selectors.label_scheme import version_now, words_of
from labeling.selectors.set_facts import SetFacts
from labeling.services.exports.folders.content import SIDES, DataSet
from labeling.services.exports.losses import limits
from labeling.services.validation.verified import counted as rows_in_words

if TYPE_CHECKING:
    from labeling.services.exports.base import ExportFormat
    from labeling.services.exports.folders.base import FolderFormat

MOST_NAMED = 50


def datasheet(format_: "FolderFormat | ExportFormat", data: DataSet) -> str:
    """Markdown. Read after the rows were written: it tells what was lost on the way."""
    facts = data.facts
    parts = {
        f"Datasheet of {data.project.name}": _head(data, facts),
        "What is in it": _composition(data, facts),
        "How the answers came": _collection(data.project, facts),
        "Splits": _splits(data, facts),
        "Agreement": agreed(data),
        "What is left out": left_out_of(data),
        f"What the format {format_.name} cannot hold": _losses(format_, data),
        "What to expect of a model that learns from it": installed().successors(data.project),
    }
    return "\n".join(_markdown(parts))


def _markdown(parts: dict[str, Iterable[str]]) -> Iterator[str]:
    for number, (heading, lines) in enumerate(parts.items()):
        yield f"{'##' if number else '#'} {heading}\n"
        yield from lines
        yield ""


def _head(data: DataSet, facts: SetFacts) -> Iterator[str]:
    project = data.project
    yield f"{kind_of(project).words.name}, {project.get_modality_display().lower()}. Made by Querent as `{data.rows}`."
    if project.purpose:
        yield f"\nPurpose: {project.purpose}"
    if facts.first and facts.last:
        yield f"\nAnswers from {facts.first} to {facts.last}."


def _composition(data: DataSet, facts: SetFacts) -> Iterator[str]:
    filters = ", ".join(data.chosen_by)
    yield f"- rows: {data.count.rows:,}{f' (only {filters})' if filters else ''}"
    if data.count.sources:
        yield f"- where their labels come from: {sources_in_words(data.count.sources)}"
    yield f"- answers behind them: {facts.answers:,}{f': {sources_in_words(facts.sources)}' if facts.answers else ''}"
    yield from counted(facts.labels, "answers with")
    yield from scheme_of(data)
    if data.value_names:
        yield f"- names in the order of the project: {', '.join(f'`{name}`' for name in data.value_names)}"


def scheme_of(data: DataSet) -> Iterator[str]:
    """By which version of the labels answers are told, and what was done to them until then, in lines of Markdown."""
    number = data.filters.scheme or version_now(data.project)
    changes = SchemeChange.objects.filter(project=data.project, number__gt=1, number__lte=number).defer("labels")
    if not changes:
        return
    yield f"- labels by version {number} of their scheme, by which answers of before are read:"
    yield from (f"  - version {change.number}, {change.made_at:%Y-%m-%d}: {words_of(change)}" for change in changes)


def _collection(project: Project, facts: SetFacts) -> Iterator[str]:
    yield f"{len(facts.people):,} people or sources:\n"
    yield from counted(facts.people, "answers by")
    yield "\nWhy each question was put:\n"
    yield from counted(facts.reasons, "answers:")
    if facts.propensity:
        low, high = facts.propensity
        yield f"\nThe probability with which a question was drawn was recorded, from {low:.3g} to {high:.3g};"
        yield f"{facts.without_propensity:,} answers have none. Answers a strategy asked for are no random sample:"
        yield "means over them need `weight_lure` or `propensity`; rows with the reasons `eval` and `random` do not."
    yield from assisted(facts)
    for version in project.instructions_versions.filter(number__in=facts.instructions).order_by("number"):
        said = f"{facts.instructions[version.number]:,} answers"
        yield f"\n### Instructions, version {version.number}, {version.created_at:%Y-%m-%d}: {said}\n"
        yield from (f"> {line}" for line in version.text.splitlines())


def assisted(facts: SetFacts) -> Iterator[str]:
    """How many answers were given beside what a machine suggested, in lines of Markdown."""
    if facts.assisted:
        yield "\nGiven beside a suggestion that was shown (`assisted`), so not independently of the machine:\n"
        yield from counted(facts.assisted, "answers beside a suggestion of")


def _splits(data: DataSet, facts: SetFacts) -> Iterator[str]:
    yield "Eval items were drawn at random when they were imported, members of a group and near-duplicates on one side;"
    yield "no model here learned from them or ranked them. Pool items could be chosen by a model.\n"
    for split, name in SIDES.items():
        yield f"- `{name}` is the {split.value} split: {facts.splits[split]:,} answers"


def agreed(data: DataSet) -> Iterator[str]:
    """How far people agree, in lines of Markdown."""
    found = data.agreement
    if found["percent"] is None:
        yield "No item was answered by two people: how far they agree is not known."
        return
    yield f"- items answered by two people or more: {found['items']:,}, with {found['answers']:,} answers"
    yield f"- share of pairs of answers that are equal: {found['percent']:.3f}"
    if found["alpha"] is not None:
        yield f"- Krippendorff's alpha: {found['alpha']:.3f}"


def left_out_of(data: DataSet) -> Iterator[str]:
    """Whose answers do not count and which items have none, in lines of Markdown."""
    facts = data.facts
    yield f"- people in quarantine: {facts.quarantined_people:,}, with {facts.quarantined:,} of the answers above: in"
    yield "  rows of answers, marked, and in no consensus"
    below = Item.objects.filter(project=data.project, ordinal__lt=data.filters.ordinal_below or 0)
    aside = below.exclude(set_aside_because="").order_by().values_list("set_aside_because").annotate(n=Count("pk"))
    for reason, n in sorted(aside):
        yield f"- items set aside as {reason}: {n:,}"
    found = below.aggregate(items=Count("pk"), unanswered=Count("pk", filter=Q(answers=0)))
    yield f"- items no person has answered: {found['unanswered']:,} of {found['items']:,}"


def _losses(format_: "FolderFormat | ExportFormat", data: DataSet) -> Iterator[str]:
    lost = data.lost.listed()
    found = {what for what, _, _ in lost}
    yield from (f"- {sentence}" for sentence in limits(format_) if sentence not in found)
    for what, column, rows in lost:
        yield f"- {rows_in_words(rows, 'row')}{f', `{column}`' if column else ''}: {what}"
    if not lost and not limits(format_):
        yield "Nothing was lost."


def counted(counts: "dict[str, int]", what: str) -> Iterator[str]:
    """Most first, in lines of Markdown; beyond fifty their sum."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    for name, n in ordered[:MOST_NAMED]:
        yield f"- {n:,} {what} `{name}`"
    if rest := ordered[MOST_NAMED:]:
        yield f"- {sum(n for _, n in rest):,} {what} {len(rest):,} more"
