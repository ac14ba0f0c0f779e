"""A worker measures, by what a project states now, the versions that may answer programs, and alarms."""

import logging
from collections.abc import Iterator
from typing import Any

from labeling.models import Project
from labeling.models.clock import database_now
from learning.models import AlertKind, EncoderVersion, ModelVersion, ProductionFacts, Release, Severity
from learning.selectors.cost_at_work import CostAtWork, cost_at_work
from learning.selectors.production_mode import standing_of, stated_hash
from learning.services import files
from learning.services.monitoring import alerts
from learning.services.pipeline.registered import family_of
from learning.services.registry import model_files

logger = logging.getLogger(__name__)

#: Of those that may answer in turn while the newer ones may not, so many are measured.
MOST_IN_LINE = 4
#: Of those that a person might promote or release.
MOST_NEWEST = 4


def check(project: Project) -> dict[str, Any]:
    """Measures them and keeps what was found; takes alarms back that are over. Does nothing outside of production
    mode. Safe to call any number of times."""
    if not project.is_in_production:
        alerts.is_over(project, AlertKind.NOBODY_ANSWERS, AlertKind.DEAR_AT_WORK)
        return {}
    in_line = [version for _, version in zip(range(MOST_IN_LINE), model_files.promoted(project), strict=False)]
    newest = ModelVersion.objects.filter(project=project).with_file().newest_first()[:MOST_NEWEST]
    versions = {str(each.number): _cost(each) for each in {*in_line, *newest, *_released(project)}}
    standing = {"costs": stated_hash(project), "versions": versions, "checked_at": database_now().isoformat()}
    facts, _ = ProductionFacts.objects.get_or_create(project=project)
    facts.standing = standing
    answering = next((each for each in in_line if standing_of(each, project, facts).is_met), None)
    if answering is not None:
        found = cost_at_work(answering, project)
        standing["at_work"] = {"model": answering.number, **found.as_json()}
        _watch(project, answering, found)
    ProductionFacts.objects.filter(pk=project.pk).update(standing=standing)
    if answering is None:
        _nobody(project, standing_of(in_line[0], project, facts).words if in_line else "None was promoted yet.")
    else:
        alerts.is_over(project, AlertKind.NOBODY_ANSWERS)
    return standing


def _released(project: Project) -> Iterator[ModelVersion]:
    for release in Release.objects.running().filter(project=project).select_related("candidate", "champion"):
        yield from (release.candidate, release.champion)


def _cost(version: ModelVersion) -> dict[str, Any] | None:
    try:
        return family_of(version.project).cost_now(version)
    except (files.Corrupt, EncoderVersion.DoesNotExist) as error:  # whoever loads it to answer says so
        logger.warning("what %s of project %s costs was not measured: %s", version, version.project_id, error)
        return None


def _nobody(project: Project, words: str) -> None:
    message = (
        f"Programs are answered 409, for no promoted model keeps what is promised in production mode. {words} Promote"
        " one that does, state what is acceptable anew, or switch production mode off."
    )
    alerts.raise_alert(project, AlertKind.NOBODY_ANSWERS, message)


def _watch(project: Project, version: ModelVersion, found: CostAtWork) -> None:
    """Alarms once the whole interval, which holds over all looks, lies above what is acceptable."""
    most, unit = project.costs["most_acceptable"], project.costs.get("unit", "")
    if found.low is None or found.high is None or found.value is None:
        return
    if found.low > most:
        message = (
            f"The predictions of {version} cost {found.value:.3g} {unit} each ({found.low:.3g} to {found.high:.3g});"
            f" {most:g} is the most that is acceptable. Of {found.contents:,} contents {found.away:,} were left to"
            f" people, and of {found.known:,} it is known what was right, of {found.by_people:,} by people."
        )
        alerts.raise_alert(project, AlertKind.DEAR_AT_WORK, message, severity=Severity.WARNING)
    elif found.value <= most:
        alerts.is_over(project, AlertKind.DEAR_AT_WORK)
