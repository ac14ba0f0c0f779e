"""What people's answers to a project's items come to, by the rule there is evidence for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from labeling.consensus import Ballots, WeighedConsensus, left_out, weigh
from labeling.kinds import kind_of
from labeling.models import Annotation, ItemStatus, Project, Source
from labeling.selectors.known_truth import ONE_LABEL, EvidenceSeen, blind_decisions, evidence_now, gold_labels
from labeling.selectors.label_names import label_names
from labeling.selectors.machines.votes import machine_ballots


class NotWeighed(ValueError):
    """This project's answers, or this gold, cannot be weighed; the message says why."""


@dataclass(frozen=True)
class WeighedRow:
    """One item with answers. ``label`` is None for a tie; ``votes`` are the people who answered,
    ``machine_votes`` the machines whose say weighs anything."""

    item_id: int
    external_id: str | None
    split: str
    label: str | None
    confidence: float
    votes: int
    machine_votes: int = 0


@dataclass
class _Given:
    """Answers as numbers, and the items in the order of their numbers; ``number_of`` by ordinal."""

    items: list[tuple[int, str | None, str]]
    number_of: dict[int, int]
    person_of: dict[int, int]
    ballots: list[tuple[int, int, int]]


def weighed(project: Project, gold: Iterable[tuple[str, str]] = ()) -> tuple[WeighedConsensus, list[WeighedRow]]:
    """A row an item with answers, in the order of the items, and by which rule. Answers of people only, of the eval
    split, too, and none of those in quarantine; where the project says so, machines vote on items of the pool.

    The project's own gold speaks, and what reviewers decided without seeing what was said; ``gold`` are further items
    by their external ids with the names of true labels, and goes before what the project knows of the same item, as
    gold goes before a review. Raises NotWeighed.
    """
    kind, names = kind_of(project), label_names(project)
    if kind.learned_as != ONE_LABEL:
        raise NotWeighed(f"Only answers of one label are weighed, not those of {kind.name}.")
    keys = list(project.labels.all_keys())
    position = {key: number for number, key in enumerate(keys)}
    given, seen = _answers(project, position), evidence_now(project)
    by_id = {external_id: number for number, (_, external_id, _) in enumerate(given.items)}
    by_name = {names.name(key): number for number, key in enumerate(keys)}
    given_gold = list(_numbered(project, gold, by_id, by_name))
    said = {item for item, _ in given_gold}
    truth = given_gold + [row for row in _known(project, seen, given, position) if row[0] not in said]
    known = {item for item, _ in truth}
    reviewed = [row for row in _reviewed(project, given, position) if row[0] not in known]
    truth += reviewed
    items, people, labels = zip(*given.ballots, strict=True) if given.ballots else ((), (), ())
    machines = machine_ballots(project, given.number_of, position, seen)
    sizes = (len(given.items), len(given.person_of), max(len(keys), 1))
    found = weigh(Ballots(items, people, labels, truth, *sizes, machines))
    with_say = (one.items for one, weight in zip(machines, found.machine_weights, strict=True) if weight)
    cast = Counter(chain.from_iterable(with_say))
    if reviewed:
        by_gold = f"{len(known):,} from gold and {len(reviewed):,} from reviewers who decided without seeing answers"
        found = found._replace(reason=f"{found.reason} The truth is known {by_gold}.")
    voters = Counter(item for item, _ in {(item, person) for item, person, _ in given.ballots})
    rows = [
        WeighedRow(*item, None if label is None else names.name(keys[label]), sure, voters[number], cast[number])
        for number, (item, label, sure) in enumerate(zip(given.items, found.labels, found.confidence, strict=True))
    ]
    return found, rows


def _known(
    project: Project, seen: EvidenceSeen, given: _Given, position: Mapping[str, int]
) -> Iterator[tuple[int, int]]:
    """The project's own gold of items with answers, as numbers."""
    return _that_count(gold_labels(project, seen), given, position)


def _reviewed(project: Project, given: _Given, position: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """What reviewers decided blind, and nobody in quarantine did, of items with answers."""
    out = left_out(project)
    standing = (one for one in blind_decisions(project) if one.stands and not out.covers(one.reviewer_id))
    return _that_count(((one.ordinal, one.label) for one in standing), given, position)


def _that_count(
    said: Iterable[tuple[int, str]], given: _Given, position: Mapping[str, int]
) -> Iterator[tuple[int, int]]:
    """What was said of items with answers, as numbers, in labels that are there."""
    for ordinal, label in said:
        if ordinal in given.number_of and label in position:
            yield given.number_of[ordinal], position[label]


def _answers(project: Project, position: dict[str, int]) -> _Given:
    kind, out = kind_of(project), left_out(project)
    given, read = _Given([], {}, {}, []), label_names(project).read
    current = Annotation.objects.current().filter(
        project=project, source=Source.HUMAN, item__status=ItemStatus.ACTIVE, annotator__isnull=False
    )
    columns = ("item__ordinal", "item_id", "item__external_id", "item__split", "annotator_id", "answer")
    rows = current.order_by("item__ordinal", "pk").values_list(*columns)
    for ordinal, item_id, external_id, split, person, answer in rows:
        (label,) = kind.labels_of(read(answer))
        if out.covers(person) or label not in position:
            continue
        if ordinal not in given.number_of:
            given.number_of[ordinal] = len(given.items)
            given.items.append((item_id, external_id, split))
        number = given.person_of.setdefault(person, len(given.person_of))
        given.ballots.append((given.number_of[ordinal], number, position[label]))
    return given


def _numbered(
    project: Project, gold: Iterable[tuple[str, str]], items: dict[str | None, int], labels: dict[str, int]
) -> Iterator[tuple[int, int]]:
    """Gold of items with answers, as numbers; that of items without is left out. Raises NotWeighed for other ids."""
    known: set[str | None] | None = None
    for external_id, label in gold:
        if label not in labels:
            raise NotWeighed(f"Gold of {external_id!r}: the project has no label {label!r}.")
        if external_id in items:
            yield items[external_id], labels[label]
            continue
        if known is None:
            known = set(project.items.filter(external_id__isnull=False).values_list("external_id", flat=True))
        if external_id not in known:
            raise NotWeighed(f"Gold of {external_id!r}: no item has this id.")
