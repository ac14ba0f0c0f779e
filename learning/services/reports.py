"""What learning tells of all answers of a project: at once where they are few, else by a worker (decision 0127)."""

from typing import Any

from labeling.models import Project
from labeling.services.reports.base import Report, from_json

AGREEMENT, ALIKE, OPINIONS = "people_agreement", "people_alike", "second_opinions"


def _agreement(project: Project, key: str) -> Any:
    from learning.selectors.people_agreement import agreement_report  # noqa: PLC0415  # SciPy, for this page alone

    return agreement_report(project)


def _agreement_again(content: Any) -> Any:
    from learning.core.evaluation.intervals import Estimate  # noqa: PLC0415
    from learning.selectors.people_agreement import AgreementReport  # noqa: PLC0415

    return from_json(AgreementReport, content, Estimate=Estimate)


def _alike(project: Project, key: str) -> Any:
    from learning.selectors.people_alike import alike_report  # noqa: PLC0415  # SciPy, for this part alone

    return alike_report(project)


def _alike_again(content: Any) -> Any:
    from learning.selectors.people_alike import AlikeReport  # noqa: PLC0415

    return from_json(AlikeReport, content)


def _opinions(project: Project, key: str) -> Any:
    from learning.selectors.second_opinions import opinion_evidence  # noqa: PLC0415  # NumPy is not needed to answer

    return opinion_evidence(project)


def _opinions_again(content: Any) -> Any:
    from learning.selectors.second_opinions import OpinionEvidence  # noqa: PLC0415

    return from_json(OpinionEvidence, content)


REPORTS = {
    AGREEMENT: Report(_agreement, _agreement_again),
    ALIKE: Report(_alike, _alike_again),
    OPINIONS: Report(_opinions, _opinions_again),
}
