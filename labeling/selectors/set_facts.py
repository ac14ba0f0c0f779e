"""How the answers of a data set came to be: counted by the database over the same answers as the rows."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from django.db.models import Min

from labeling.consensus import left_out
from labeling.db.raw_rows import current_answers, fetch, iso, usernames
from labeling.kinds import PerSubject, kind_of
from labeling.models import Annotation, MachineVersion, Project, Source
from labeling.selectors.export import REVIEWED, Filters
from labeling.selectors.label_scheme import names_at
from labeling.selectors.names import pseudonyms

#: What is asked about: its alias, and how an annotation ``a`` is joined with it.
_ASKED = PerSubject(
    item=("i", "JOIN labeling_item i ON i.id = a.item_id"), pair=("p", "JOIN labeling_pair p ON p.id = a.pair_id")
)
_ASSISTED = """SELECT g.version_id, COUNT(*) FROM labeling_suggestion g WHERE g.shown AND g.task_id IN (
    SELECT a.task_id {}) GROUP BY 1"""
#: Numbers of items or pairs whose answers are counted side by side, two bytes each.
_BLOCK_BITS = 16
_IN_BLOCK = (1 << _BLOCK_BITS) - 1
IMPORTED = "came with the data"
#: After the name of who decided: it is no answer to a question.
IN_REVIEW = " (in review)"
IDS_A_PIECE = 100_000


@dataclass
class SetFacts:
    """Counts of answers; ``sources`` adds up to ``answers``. ``propensity`` holds the least and the greatest recorded
    one; ``without_propensity`` counts answers that nobody drew. ``quarantined`` answers are in rows of answers and in
    no consensus; ``assisted`` ones were given beside a suggestion, by the machine and version that made it."""

    answers: int = 0
    people: "Counter[str]" = field(default_factory=Counter)
    splits: "Counter[str]" = field(default_factory=Counter)
    reasons: "Counter[str]" = field(default_factory=Counter)
    instructions: "Counter[int]" = field(default_factory=Counter)
    labels: "Counter[str]" = field(default_factory=Counter)
    sources: "Counter[str]" = field(default_factory=Counter)
    first: str | None = None
    last: str | None = None
    propensity: tuple[float, float] | None = None
    without_propensity: int = 0
    quarantined: int = 0
    quarantined_people: int = 0
    assisted: "Counter[str]" = field(default_factory=Counter)


def set_facts(project: Project, filters: Filters) -> SetFacts:
    """Of the answers that ``bounded`` filters keep. Two passes of the database over them, a piece after the other: it
    sorts what it groups in memory."""
    asked = _ASKED.of(kind_of(project).subject)[0]
    facts, out = SetFacts(), left_out(project, filters.changes)
    facts.quarantined_people = len(out.users) + len(out.names)
    name_of = _names(project, filters)
    counted = f"""SELECT a.annotator_id, a.imported_annotator, a.source, {asked}.split, t.reason, t.strategy,
        a.instructions_version, COUNT(*), {iso("MIN(a.created_at)")}, {iso("MAX(a.created_at)")}, COUNT(t.propensity),
        MIN(t.propensity), MAX(t.propensity)"""
    labels_of, answer_of = kind_of(project).labels_of, names_at(project, filters.scheme).reading(orjson.loads)
    versions = MachineVersion.objects.filter(suggestions__project=project).select_related("machine").distinct()
    suggested = {version.pk: str(version) for version in versions}
    for answers, params in _pieces(project, filters):
        for user, imported, *group in fetch(f"{counted} {answers} GROUP BY 1, 2, 3, 4, 5, 6, 7", params):
            is_review = group[0] == Source.REVIEW
            name = f"{name_of(user, imported)}{IN_REVIEW if is_review else ''}"
            _add(facts, name, out.covers(user, imported or ""), REVIEWED if is_review else IMPORTED, group)
        for answer, n in fetch(f"SELECT a.answer, COUNT(*) {answers} GROUP BY 1", params):
            for label in labels_of(answer_of(answer)):
                facts.labels[label] += n
        for version, n in fetch(_ASSISTED.format(answers), params) if suggested else ():
            facts.assisted[suggested[version]] += n
    return facts


def _add(facts: SetFacts, name: str, is_quarantined: bool, unasked: str, group: list[Any]) -> None:
    source, split, reason, strategy, version, n, first, last, n_drawn, low, high = group
    facts.answers += n
    facts.sources[source] += n
    facts.people[name] += n
    facts.splits[split] += n
    facts.reasons[f"{reason} ({strategy})" if strategy else reason or unasked] += n
    if reason:
        facts.instructions[version] += n
    facts.without_propensity += n - n_drawn
    facts.first = min(first, facts.first or first)
    facts.last = max(last, facts.last or last)
    if n_drawn:
        lowest, highest = facts.propensity or (low, high)
        facts.propensity = min(low, lowest), max(high, highest)
    if is_quarantined:
        facts.quarantined += n


def _pieces(project: Project, filters: Filters) -> Iterator[tuple[str, list[Any]]]:
    """The answers in ranges of their ids, as ``_answers`` gives them."""
    answers, params = _answers(project, filters)
    first = Annotation.objects.filter(project=project).aggregate(first=Min("pk"))["first"] or 1
    for start in range(first, (filters.last_annotation_id or 0) + 1, IDS_A_PIECE):
        yield f"{answers} AND a.id >= %s AND a.id < %s", [*params, start, start + IDS_A_PIECE]


def answers_each(project: Project, filters: Filters) -> dict[int, int]:
    """How many items (or pairs) have how many answers of people: ``{answers: items}``, as far as any has one."""
    chosen = replace(filters, source=Source.HUMAN.value)
    subject = _ASKED.of(kind_of(project).subject)[0]
    counts: defaultdict[int, array[int]] = defaultdict(lambda: array("H", bytes(2 << _BLOCK_BITS)))
    for answers, params in _pieces(project, chosen):
        for (number,) in fetch(f"SELECT {subject}.id {answers}", params):
            counts[number >> _BLOCK_BITS][number & _IN_BLOCK] += 1
    found: Counter[int] = Counter()
    for block in counts.values():
        found.update(block)
    return dict(sorted((n, subjects) for n, subjects in found.items() if n))


def _answers(project: Project, filters: Filters) -> tuple[str, list[Any]]:
    """The answers ``a`` with what was asked about and their tasks ``t``: SQL from FROM on, and its parameters."""
    asked, join = _ASKED.of(kind_of(project).subject)
    where, params = current_answers(project, filters.last_annotation_id or 0, asked=asked, **filters.choosing)
    return f"FROM labeling_annotation a {join} LEFT JOIN labeling_task t ON t.id = a.task_id WHERE {where}", params


def _names(project: Project, filters: Filters) -> Callable[[int | None, str | None], str]:
    username_of = usernames()
    shown: Callable[[str], str] = pseudonyms(project) if filters.pseudonyms else str

    def name(user_id: int | None, imported: str | None) -> str:
        found: Any = imported or username_of(user_id)
        return shown(found) if found else IMPORTED

    return name
