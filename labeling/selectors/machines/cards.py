"""The card of a machine's version: how it stands to people, to gold, to itself, and what it costs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Avg, Count, Sum

from labeling.extensions import MeasuredValue, StandIn, installed
from labeling.kinds import Confusion
from labeling.models import Prediction, Project
from labeling.selectors.machines.beside import AnsweredByPeople, Predicted, answered_by_people, parse, people_in
from labeling.selectors.machines.truth import ProjectTruth, known_truth
from labeling.selectors.people.cards import CONFUSIONS_TOLD, Confused, drift_of, names_of
from labeling.selectors.people.rates import CountedShare, counted_share


@dataclass(frozen=True)
class WithPerson:
    """How often the machine said what one person said; and where the test judged the two beside the others."""

    name: str
    agreement: CountedShare
    lead: MeasuredValue | None
    is_won: bool | None


@dataclass(frozen=True)
class Anchoring:
    """How often people gave what the version suggested, where they were shown it and where it was withheld from them;
    and by how much more when shown."""

    shown: CountedShare | None
    withheld: CountedShare | None
    difference: MeasuredValue | None


@dataclass(frozen=True)
class MachineCard:
    """Of one version. ``agreement`` is with people's consensus, of which no machine is a part. ``cost`` is that of all
    predictions that said one, ``cost_per_right`` the mean cost over the share that is right: by gold where there is
    gold, else by people's consensus. ``anchoring`` where the version suggested: answers beside a shown suggestion
    are in no other measure. A measure is None where there is nothing to go by."""

    predictions: int
    agreement: CountedShare | None
    gold: CountedShare | None
    people: tuple[WithPerson, ...]
    stand_in: StandIn | None
    calibration: MeasuredValue | None
    drift: tuple[CountedShare, ...]
    confused: tuple[Confused, ...]
    cost: float | None
    cost_per_right: float | None
    anchoring: Anchoring | None

    @property
    def verdict(self) -> str:
        """What the test says, in a sentence; "" without learning, or where nobody has answered what it predicted."""
        return _verdict(self.stand_in) if self.stand_in else ""

    @property
    def no_worse_than_a_person(self) -> bool | None:
        return self.stand_in.passes if self.stand_in else None

    @property
    def winning_rate(self) -> float | None:
        return self.stand_in.winning_rate if self.stand_in else None


def cards_of(project: Project, versions: Iterable[int]) -> dict[int, MachineCard]:
    """By version; what people said is read once for all of them."""
    versions = list(versions)
    if not versions:
        return {}
    beside, truth = answered_by_people(project), known_truth(project)
    totals = _totals(versions)
    return {pk: _card(beside, truth, list(beside.predicted(pk)), pk, totals.get(pk, _NONE)) for pk in versions}


@dataclass(frozen=True)
class _Totals:
    predictions: int
    cost: float | None
    mean_cost: float | None


_NONE = _Totals(0, None, None)


def _totals(versions: Sequence[int]) -> dict[int, _Totals]:
    rows = Prediction.objects.filter(version__in=versions).order_by().values_list("version")
    found = rows.annotate(n=Count("pk"), total=Sum("cost"), mean=Avg("cost"))
    return {version: _Totals(n, cost, mean) for version, n, cost, mean in found}


def _card(
    beside: AnsweredByPeople, truth: ProjectTruth, rows: list[Predicted], version_pk: int, totals: _Totals
) -> MachineCard:
    agreed: list[bool] = []
    confusions: Counter[Confusion] = Counter()
    sure: list[list[float]] = []
    right: list[list[bool]] = []
    for row in rows:
        people = beside.consensus(row.subject_id)
        if people is None:
            continue
        found = beside.kind.confusions(parse(row.text), people.labels)
        agreed.append(not found)
        confusions.update(found)
        if row.probabilities is not None:
            one_sure, one_right = _confidence(beside, row, not found, people.labels)
            sure.append(one_sure)
            right.append(one_right)
    judged = (truth.is_right(truth.of[subject], text) for subject, text in beside.texts_of(version_pk, truth.of))
    gold = [is_right for is_right in judged if is_right is not None]
    agreement, of_gold = counted_share(sum(agreed), len(agreed)), counted_share(sum(gold), len(gold))
    return MachineCard(
        predictions=totals.predictions,
        agreement=agreement,
        gold=of_gold,
        **_with_people(beside, rows),
        calibration=installed().calibration(sure, right),
        drift=drift_of(agreed),
        confused=tuple(
            Confused(beside.names.name(others), beside.names.name(said), n)
            for (others, said), n in sorted(confusions.items(), key=lambda one: (-one[1], one[0]))[:CONFUSIONS_TOLD]
        ),
        cost=totals.cost,
        cost_per_right=_per_right(totals.mean_cost, of_gold or agreement),
        anchoring=_anchoring(beside, version_pk),
    )


def _anchoring(beside: AnsweredByPeople, version_pk: int) -> Anchoring | None:
    """None where it suggested nothing that was answered."""
    followed = Counter((shown, said == suggested) for shown, suggested, said in beside.beside_suggestions(version_pk))
    if not followed:
        return None
    shown, withheld = ((followed[arm, True], followed[arm, True] + followed[arm, False]) for arm in (True, False))
    difference = installed().share_difference(shown, withheld) if shown[1] and withheld[1] else None
    return Anchoring(counted_share(*shown), counted_share(*withheld), difference)


def _per_right(mean_cost: float | None, right: CountedShare | None) -> float | None:
    share = right.value if right else None
    return mean_cost / share if mean_cost is not None and share else None


def _confidence(
    beside: AnsweredByPeople, row: Predicted, is_right: bool, labels: Sequence[str]
) -> tuple[list[float], list[bool]]:
    """How sure the machine was and whether it was right: of its answer, or label by label where any may be given."""
    shares = row.probabilities or {}
    if beside.kind.labels_exclude:
        said = beside.kind.labels_of(parse(row.text))
        return [shares.get(said[0], 0.0)], [is_right]
    names = sorted(shares)
    return [shares[name] for name in names], [name in labels for name in names]


def _with_people(beside: AnsweredByPeople, rows: Sequence[Predicted]) -> dict[str, Any]:
    """``people`` and ``stand_in`` of the card."""
    given = [beside.said[row.subject_id] for row in rows]
    people = people_in(given)
    codes: dict[str, int] = {}
    said = [codes.setdefault(row.text, len(codes)) for row in rows]
    answers = [
        [codes.setdefault(one[person].text, len(codes)) if person in one else -1 for person in people] for one in given
    ]
    found = installed().stand_in(said, answers, _likeness(beside, answers, codes))
    judged = {one.person: one for one in found.people} if found else {}
    names = names_of(beside.project, people)
    rated = []
    for place, person in enumerate(people):
        both = [code == by[place] for code, by in zip(said, answers, strict=True) if by[place] >= 0]
        if (share := counted_share(sum(both), len(both))) is None:
            continue
        one = judged.get(place)
        rated.append(WithPerson(names[person], share, one.lead if one else None, one.is_won if one else None))
    rated.sort(key=lambda one: (-one.agreement.n, one.name))
    return {"people": tuple(rated), "stand_in": replace(found, people=()) if found else None}


def _likeness(
    beside: AnsweredByPeople, answers: Sequence[Sequence[int]], codes: Mapping[str, int]
) -> list[list[float]] | None:
    """How near two answers are, of kinds whose answers are more than the same or not."""
    texts = list(codes)
    totals = Counter(texts[code] for by in answers for code in by if code >= 0)
    totals.update(texts)
    apart = beside.kind.distance(totals, beside.project.labels.all_keys())
    return (
        None if apart is None else [[-apart(one, other) if one != other else 0.0 for other in texts] for one in texts]
    )


def _verdict(found: StandIn) -> str:
    if found.passes is None or found.winning_rate is None:
        return (
            f"Whether it is no worse than a person cannot be said yet: it takes {found.least_people} people with "
            f"{found.least_items} items each that somebody else answered too."
        )
    share = f"than {100 * found.winning_rate:.0f} % of the people"
    if found.passes:
        return f"No worse than a person: shown to be no worse {share}."
    return f"Not shown to be as good as a person: no worse {share}; half of them are needed."
