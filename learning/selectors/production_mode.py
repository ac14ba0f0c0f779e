"""Which versions may answer programs while a project is in production mode, and why not (decision 0130)."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from labeling.models import Project
from labeling.selectors.costs import PROMISES, lacking
from learning.models import ModelVersion, ProductionFacts, Release


@dataclass(frozen=True)
class Standing:
    """Of one version: its mean ``cost`` a case on eval items by what is stated now (value, low, high, n), None where
    nothing measures it; ``is_pending`` while no worker has looked since what is stated was changed."""

    version: ModelVersion
    cost: dict[str, Any] | None
    is_pending: bool
    most: float
    unit: str

    @property
    def is_met(self) -> bool:
        return self.cost is not None and self.cost["value"] <= self.most

    @property
    def words(self) -> str:
        """What it costs beside what is acceptable, as a sentence."""
        most = f"{self.most:g} {self.unit}".strip()
        if self.is_pending:
            return f"What {self.version} costs is measured by a worker just now."
        if self.cost is None:
            return f"No eval item says what {self.version} costs; at most {most} a case is acceptable."
        told = f"{self.version} costs {self.cost['value']:.3g} {self.unit}".strip().capitalize()
        return f"{told} a case on {self.cost['n']:,} eval items; at most {most} is acceptable."


def stated_hash(project: Project) -> str:
    """Of what a project states: what was measured by other costs says nothing now."""
    return hashlib.sha256(orjson.dumps(project.costs, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def facts_of(project: Project) -> ProductionFacts | None:
    return ProductionFacts.objects.filter(pk=project.pk).first()


def standing_of(version: ModelVersion, project: Project, facts: ProductionFacts | None) -> Standing:
    """By what a worker measured since what is stated was changed, else by what the version's own run found if it went
    by the same costs."""
    kept = facts.standing if facts else {}
    versions = kept.get("versions", {}) if kept.get("costs") == stated_hash(project) else {}
    most, unit = project.costs["most_acceptable"], project.costs.get("unit", "")
    if str(version.number) in versions:
        return Standing(version, versions[str(version.number)], False, most, unit)
    if (version.report.get("costs") or {}).get("stated") == project.costs:
        return Standing(version, version.metrics.get("cost_per_case"), False, most, unit)
    return Standing(version, None, True, most, unit)


def why_not(version: ModelVersion, project: Project) -> str:
    """Why a version may not be promoted or released while the project is in production mode; empty where it may, or
    where that is not measured yet: then programs wait."""
    if not project.is_in_production:
        return ""
    found = standing_of(version, project, facts_of(project))
    if found.is_met or found.is_pending:
        return ""
    return f"The project is in production mode. {found.words}"


def is_released(version: ModelVersion) -> bool:
    """Whether the release that runs is of this version."""
    return Release.objects.running().filter(candidate=version).exists()


def mode_status(project: Project) -> dict[str, Any]:
    """Whether it is on, what is not stated yet, and while it is on what the champion costs on eval items and at
    work."""
    told: dict[str, Any] = {
        "is_on": project.is_in_production,
        "lacking": [{"name": name, "words": PROMISES[name]} for name in lacking(project.costs)],
        "unit": project.costs.get("unit", ""),
        "most_acceptable": project.costs.get("most_acceptable"),
        "champion": None,
        "at_work": None,
    }
    if not project.is_in_production:
        return told
    facts, champion = facts_of(project), ModelVersion.objects.filter(project=project).champion()
    if champion is not None:
        found = standing_of(champion, project, facts)
        told["champion"] = {
            "model": champion.number, "is_met": found.is_met, "is_pending": found.is_pending, "cost": found.cost,
            "words": found.words,
        }  # fmt: skip
    kept = facts.standing if facts else {}
    if kept.get("costs") == stated_hash(project):
        told["at_work"] = kept.get("at_work")
    return told
