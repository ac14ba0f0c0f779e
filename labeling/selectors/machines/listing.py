"""The machines of a project with their versions, in two statements however many."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Max

from labeling.models import Machine, MachineVersion, Prediction, Project
from labeling.models.project import NEWEST
from labeling.selectors.machines.cards import MachineCard, cards_of

#: Of so many versions the page of a machine shows the cards.
CARDS_SHOWN = 10


@dataclass(frozen=True)
class VersionFacts:
    pk: int
    name: str
    created_at: datetime
    predictions: int
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

    @property
    def predictions(self) -> int:
        return sum(version.predictions for version in self.versions)


def machines_of(project: Project) -> list[MachineFacts]:
    """By name."""
    return _with_versions(Machine.objects.filter(project=project).select_related("owner", "project").order_by("name"))


def facts_of(machine: Machine) -> MachineFacts:
    machine.refresh_from_db()
    (facts,) = _with_versions([machine])
    return facts


def with_newest_card(machines: list[MachineFacts]) -> list[MachineFacts]:
    """All of one project, each with the card of the version it predicts under."""
    if not machines:
        return []
    cards = cards_of(machines[0].machine.project, [facts.version.pk for facts in machines])
    return [_carded(facts, cards) for facts in machines]


def with_cards(facts: MachineFacts) -> MachineFacts:
    """With the cards of its newest versions."""
    return _carded(facts, cards_of(facts.machine.project, [one.pk for one in facts.versions[-CARDS_SHOWN:]]))


def _carded(facts: MachineFacts, cards: Mapping[int, MachineCard]) -> MachineFacts:
    return replace(facts, versions=tuple(replace(one, card=cards.get(one.pk)) for one in facts.versions))


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


def _with_versions(machines: Iterable[Machine]) -> list[MachineFacts]:
    machines = list(machines)
    rows = MachineVersion.objects.filter(machine__in=machines).order_by("pk")
    said = Prediction.objects.filter(version__in=rows.values("pk")).order_by().values_list("version")
    counts = {version: (n, last) for version, n, last in said.annotate(n=Count("pk"), last=Max("created_at"))}
    versions: dict[int, list[VersionFacts]] = {machine.pk: [] for machine in machines}
    for row in rows:
        versions[row.machine_id].append(VersionFacts(row.pk, row.name, row.created_at, *counts.get(row.pk, (0, None))))
    return [MachineFacts(machine, tuple(versions[machine.pk])) for machine in machines]
