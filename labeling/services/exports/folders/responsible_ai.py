"""What Croissant's RAI vocabulary asks of a data set, as far as the application knows the answers: from what happened.

A property whose answer is not known is not there. http://mlcommons.org/croissant/RAI/1.0
"""

from collections.abc import Iterable, Iterator
from typing import Any

from labeling.models import Item, Source, Split
from labeling.models.source import sources_in_words
from labeling.selectors.set_facts import IMPORTED, answers_each
from labeling.services.exports.folders.content import SIDES, DataSet
from labeling.services.exports.folders.datasheet import agreed, assisted, counted, left_out_of

PLATFORM = "Querent"
_NOBODY = "No answer of a person is in it."
_EVAL = "Drawn at random at import, members of a group and near-duplicates on one side; never learned from or ranked."
_POOL = "Pool: for training. A model may have chosen which of its items were asked about."


def responsible_ai(data: DataSet) -> dict[str, Any]:
    found: dict[str, Any] = {
        "dataCollection": _text(_collection(data)),
        "dataCollectionType": _types(data),
        "dataCollectionTimeframe": [moment for moment in (data.facts.first, data.facts.last) if moment],
        "dataCollectionMissingData": _text(left_out_of(data)),
        "dataAnnotationProtocol": _text(_protocol(data)),
        "dataAnnotationPlatform": PLATFORM,
        "dataAnnotationAnalysis": _text(agreed(data)),
        "annotationsPerItem": _each(data),
        "annotatorDemographics": _text(_people(data)),
        "dataBiases": _text(_biases(data)),
        "dataLimitations": _text(_limitations(data)),
        "dataPreprocessingProtocol": _text(_chosen(data)),
        "dataUseCases": [f"{SIDES[Split.POOL]}: {_POOL}", f"{SIDES[Split.EVAL]}: for measuring. {_EVAL}"],
        "personalSensitiveInformation": _personal(data),
        "dataReleaseMaintenancePlan": f"The answers up to annotation {data.filters.last_annotation_id or 0}: what is "
        "answered or revised later is a further version.",
    }
    return {f"rai:{name}": said for name, said in found.items() if said}


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines).strip()


def _types(data: DataSet) -> list[str]:
    """By the recommended values: labels that came with the data are somebody else's."""
    imported = data.facts.people.get(IMPORTED, 0)
    curated = ["Manual Human Curator"] if data.facts.answers > imported else []
    return [*curated, "Secondary Data analysis"] if imported else curated


def _collection(data: DataSet) -> Iterator[str]:
    items = Item.objects.filter(project=data.project, ordinal__lt=data.filters.ordinal_below or 0).count()
    yield f"{items:,} items were imported; {data.facts.answers:,} answers about them count here. Why they were asked:"
    yield from counted(data.facts.reasons, "answers:")
    yield f"Where the answers come from: {sources_in_words(data.facts.sources) or 'nowhere'}."
    if data.count.sources:
        yield f"Where the labels of the rows come from: {sources_in_words(data.count.sources)}."
    for split, name in SIDES.items():
        yield f"- {data.facts.splits[split]:,} answers in {name}, the {split.value} split"


def _protocol(data: DataSet) -> Iterator[str]:
    project, facts = data.project, data.facts
    words = data.kind.words
    yield f"{words.name}, {project.get_modality_display().lower()}; {project.overlap} people an item."
    if data.value_names:
        yield f"Answers: {', '.join(data.value_names)}."
    yield from counted(facts.labels, "answers with")
    for version in project.instructions_versions.filter(number__in=facts.instructions).order_by("number"):
        said = f"{facts.instructions[version.number]:,} answers"
        yield f"Instructions, version {version.number}, {version.created_at:%Y-%m-%d}, {said}:"
        yield version.text


def _each(data: DataSet) -> str:
    sources = data.filters.of_sources
    found = {} if sources and Source.HUMAN not in sources else answers_each(data.project, data.filters)
    if not found:
        return _NOBODY
    return "; ".join(f"{answers:,} of people: {subjects:,} items or pairs" for answers, subjects in found.items())


def _people(data: DataSet) -> Iterator[str]:
    yield f"Not asked for. {len(data.facts.people):,} people or sources answered:"
    yield from counted(data.facts.people, "answers by")


def _biases(data: DataSet) -> Iterator[str]:
    facts = data.facts
    if facts.propensity:
        low, high = facts.propensity
        yield f"Questions were drawn with recorded probabilities from {low:.3g} to {high:.3g};"
        yield f"{facts.without_propensity:,} answers have none. Answers that a strategy asked for are no random sample:"
        yield "means over them need the column weight_lure or propensity; those asked by eval and random draws do not."
    else:
        yield f"No probability of a draw is recorded: {facts.answers:,} answers came with the data or were not drawn."
    yield from assisted(facts)


def _limitations(data: DataSet) -> Iterator[str]:
    facts = data.facts
    yield f"{facts.quarantined:,} answers are of {facts.quarantined_people:,} people in quarantine: marked in rows of"
    yield "answers, in no consensus."
    for what, column, rows in data.lost.listed():
        yield f"{rows:,} rows{f', {column}' if column else ''}: {what}"


def _chosen(data: DataSet) -> Iterator[str]:
    yield f"Rows are {data.rows}, {', only '.join(['as they are stored', *data.chosen_by])}."
    if data.rows == "items":
        yield "An item has one row with what its answers come to; labels that came with the data count where no"
        yield "person has answered, answers of people in quarantine do not."


def _personal(data: DataSet) -> str:
    if data.filters.pseudonyms:
        return "People who answered stand under pseudonyms. What the items hold was not looked at."
    return "People who answered stand by name. What the items hold was not looked at."
