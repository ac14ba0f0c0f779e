"""The machines of a project with their versions, in two statements however many."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max

from labeling.models import Machine, MachineVersion, Prediction, Project


@dataclass(frozen=True)
class VersionFacts:
    pk: int
    name: str
    created_at: datetime
    predictions: int
    last_at: datetime | None


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


def newest_version(machine: Machine) -> MachineVersion:
    """The one it predicts under when it names none."""
    return MachineVersion.objects.filter(machine=machine).select_related("machine__project").latest("pk")


def _with_versions(machines: Iterable[Machine]) -> list[MachineFacts]:
    machines = list(machines)
    rows = MachineVersion.objects.filter(machine__in=machines).order_by("pk")
    said = Prediction.objects.filter(version__in=rows.values("pk")).order_by().values_list("version")
    counts = {version: (n, last) for version, n, last in said.annotate(n=Count("pk"), last=Max("created_at"))}
    versions: dict[int, list[VersionFacts]] = {machine.pk: [] for machine in machines}
    for row in rows:
        versions[row.machine_id].append(VersionFacts(row.pk, row.name, row.created_at, *counts.get(row.pk, (0, None))))
    return [MachineFacts(machine, tuple(versions[machine.pk])) for machine in machines]
