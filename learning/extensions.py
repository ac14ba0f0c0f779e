"""What learning tells labeling: the ports of ``labeling/extensions.py``, each filled in one place."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from labeling.consensus import Ballots, WeighedConsensus
from labeling.extensions import (
    Agreed,
    AgreementChange,
    Extensions,
    MeasuredValue,
    ShareInterval,
    StandIn,
    WeighedLabels,
)
from labeling.models import Project, User
from labeling.services.validation.errors import Invalid
from learning.families.pairwise.export_rows import row_shapes
from learning.families.pairwise.verdicts import verdicts_on_people
from learning.selectors.alerts import alert_counts, newest_alerts
from learning.selectors.curve import learning_curve
from learning.selectors.estimates import with_note
from learning.selectors.feedback_rows import feedback_shapes
from learning.selectors.stored_files import NAMED_FILES
from learning.selectors.successor_lines import successor_lines
from learning.selectors.suspected_errors import believed_instead, suspected_items
from learning.selectors.verdicts import verification
from learning.services import setting_names
from learning.services.reports import OPINIONS, REPORTS
from learning.services.retention import RULES
from learning.services.runs.decide import has_learned


def extensions() -> Extensions:
    """Installed once, when Django is ready."""
    return Extensions(
        metrics={
            "learning_curve": learning_curve,
            "arms": _arms,
            "stopping": _stopping,
            "asking": _asking,
            "next_hour": _next_hour,
        },
        reports=REPORTS,
        reported_metrics=(OPINIONS,),
        verified_versions=verification,
        successors=successor_lines,
        row_shapes={**row_shapes(), **feedback_shapes()},
        setting_names={
            "strategy": setting_names.strategies,
            "encoder": setting_names.encoders,
            "learner": setting_names.learners,
        },
        named_files=NAMED_FILES,
        retention=RULES,
        share_interval=_share_interval,
        gold_verdict=_gold_verdict,
        agreement_change=_agreement_change,
        consensus=_weighed_consensus,
        weighed_labels=_weighed_labels,
        person_verdicts=verdicts_on_people,
        stand_in=_stand_in,
        calibration=_calibration,
        share_difference=_share_difference,
        suspected_items=suspected_items,
        believed_instead=believed_instead,
        alert_counts=alert_counts,
        newest_alerts=newest_alerts,
        has_learned=has_learned,
        ask_for_map=_ask_for_map,
    )


def _ask_for_map(user: User, project: Project) -> None:
    from learning.services.maps.ask import ask  # noqa: PLC0415

    with suppress(Invalid):  # it is under way, or nothing has been learned
        ask(user, project)


def _share_interval(count: float, n: float) -> ShareInterval:
    from learning.core.evaluation.intervals import share  # noqa: PLC0415  # SciPy is not needed to answer

    told = with_note(share(count, n).as_dict())
    return told["low"], told["high"], told["note"]


def _gold_verdict(right: Sequence[bool], chance: float) -> str:
    from learning.core.quality.gold_test import judge_gold  # noqa: PLC0415

    found = judge_gold(right, chance)
    if not found.is_proposed:
        return ""
    allowed = f"more than the {found.wrong_allowed} of an honest person"
    return f"{found.wrong} of {found.questions} gold answers were wrong, {allowed}"


def _agreement_change(
    newest: Agreed, before: Agreed, others_newest: Agreed, others_before: Agreed
) -> AgreementChange | None:
    from learning.core.quality.agreement_change import agreement_change  # noqa: PLC0415  # SciPy is not needed to answer

    found, is_flagged = agreement_change(newest, before, others_newest, others_before)
    return AgreementChange(found.value, found.low, found.high, newest[1], before[1], is_flagged)


def _weighed_consensus(ballots: Ballots) -> WeighedConsensus:
    from learning.selectors.weighed_consensus import weighed_consensus  # noqa: PLC0415  # NumPy is not needed to answer

    return weighed_consensus(ballots)


def _weighed_labels(project: Project) -> WeighedLabels | None:
    from learning.services.quality.pool_consensus import weighed_labels  # noqa: PLC0415  # NumPy is not needed to answer

    return weighed_labels(project)


def _stand_in(
    said: Sequence[int], answers: Sequence[Sequence[int]], likeness: Sequence[Sequence[float]] | None
) -> StandIn | None:
    from learning.selectors.machine_tests import stand_in  # noqa: PLC0415  # SciPy is not needed to answer

    return stand_in(said, answers, likeness)


def _calibration(confidence: Sequence[Sequence[float]], right: Sequence[Sequence[bool]]) -> MeasuredValue | None:
    from learning.selectors.machine_tests import calibration_of  # noqa: PLC0415

    return calibration_of(confidence, right)


def _share_difference(one: Agreed, other: Agreed) -> MeasuredValue | None:
    from learning.selectors.machine_tests import share_difference  # noqa: PLC0415

    return share_difference(one, other)


def _arms(project: Project) -> dict[str, Any]:
    from learning.selectors.arms import arms  # noqa: PLC0415  # NumPy is not needed to answer

    return arms(project).as_dict()


def _asking(project: Project) -> dict[str, Any]:
    from learning.selectors.falling_back import asking  # noqa: PLC0415

    return asking(project).as_dict()


def _next_hour(project: Project) -> dict[str, Any]:
    from learning.selectors.next_hour import where_to_spend  # noqa: PLC0415

    found = where_to_spend(project)
    return found.as_dict() if found else {}


def _stopping(project: Project) -> dict[str, Any]:
    from learning.selectors.stopping import stopping  # noqa: PLC0415

    return stopping(project).as_dict()
