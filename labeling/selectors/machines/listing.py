"""The machines of a project with their versions, and what is known of these."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Max

from labeling.models import Machine, MachineVersion, Prediction, Project
from labeling.models.project import NEWEST
from labeling.selectors.machines.cards import MachineCard, cards_of

#: Of so many versions the page of a machine shows the cards.
CARDS_SHOWN = 10
#: So many are counted by whoever looks.
FEW_PREDICTIONS = 5_000


@dataclass(frozen=True)
class VersionKnown:
    """What was counted of a version; ``card`` of the newest ones of each machine alone."""

    predictions: int
    last_at: datetime | None
    card: MachineCard | None = None


#: Of one that predicted nothing, where everything is counted.
_NOTHING = VersionKnown(0, None)


@dataclass(frozen=True)
class VersionFacts:
    """``predictions`` is None of a version that is still to be counted."""

    pk: int
    name: str
    created_at: datetime
    predictions: int | None
    last_at: datetime | None
    card: MachineCard | None = None


@dataclass(frozen=True)
class MachineFacts:
    """``versions`` oldest first: the last is the one it predicts under."""

    machine: Machine
    versions: tuple[VersionFacts, ...]

    @property
    def version(self) -> VersionFacts:
        return self.versions[-1]


def versions_known(project: Project) -> dict[int, VersionKnown]:
    """By version, of all that predicted anything or are among the newest of their machine."""
    versions = MachineVersion.objects.filter(machine__project=project).order_by("pk")
    of_machine: dict[int, list[int]] = {}
    for machine, pk in versions.values_list("machine", "pk"):
        of_machine.setdefault(machine, []).append(pk)
    cards = cards_of(project, [pk for pks in of_machine.values() for pk in pks[-CARDS_SHOWN:]])
    said = Prediction.objects.filter(version__machine__project=project).order_by().values_list("version")
    counts = {pk: (n, last) for pk, n, last in said.annotate(n=Count("pk"), last=Max("created_at"))}
    return {pk: VersionKnown(*counts.get(pk, (0, None)), cards.get(pk)) for pk in counts.keys() | cards.keys()}


def few_predictions(project: Project, few: int = FEW_PREDICTIONS) -> bool:
    versions = list(MachineVersion.objects.filter(machine__project=project).values_list("pk", flat=True))
    return Prediction.objects.filter(version__in=versions).order_by()[: few + 1].count() <= few


def machines_of(project: Project, known: Mapping[int, VersionKnown] | None, *, all_known: bool) -> list[MachineFacts]:
    """By name, with what is known of their versions, and the card of the newest. ``all_known``: a version that is not
    among it predicted nothing."""
    rows = Machine.objects.filter(project=project).select_related("owner", "project").order_by("name")
    found = _with_versions(list(rows), known or {}, _NOTHING if all_known else None)
    return [replace(one, versions=(*_without_cards(one.versions[:-1]), one.version)) for one in found]


def _without_cards(versions: Iterable[VersionFacts]) -> Iterator[VersionFacts]:
    return (replace(one, card=None) for one in versions)


def facts_of(machine: Machine, known: Mapping[int, VersionKnown] | None, *, all_known: bool) -> MachineFacts:
    machine.refresh_from_db()
    (facts,) = _with_versions([machine], known or {}, _NOTHING if all_known else None)
    return facts


def newest_version(machine: Machine) -> MachineVersion:
    """The one it predicts under when it names none."""
    return MachineVersion.objects.filter(machine=machine).select_related("machine__project").latest("pk")


def version_in_use(project: Project, name: str, version: str = NEWEST) -> MachineVersion | None:
    """The version of the machine of this name that a setting means; None of one that was ended or is not there."""
    versions = MachineVersion.objects.filter(
        machine__project=project, machine__name=name, machine__ended_at__isnull=True
    )
    if version != NEWEST:
        versions = versions.filter(name=version)
    return versions.select_related("machine").order_by("-pk").first()


def _with_versions(
    machines: list[Machine], known: Mapping[int, VersionKnown], otherwise: VersionKnown | None
) -> list[MachineFacts]:
    versions: dict[int, list[VersionFacts]] = {machine.pk: [] for machine in machines}
    for row in MachineVersion.objects.filter(machine__in=machines).order_by("pk"):
        found = known.get(row.pk, otherwise)
        told = (found.predictions, found.last_at, found.card) if found else (None, None, None)
        versions[row.machine_id].append(VersionFacts(row.pk, row.name, row.created_at, *told))
    return [MachineFacts(machine, tuple(versions[machine.pk])) for machine in machines]
