"""Which version is in use. Every change is one transaction and leaves a Decision for each version it touched."""

from types import EllipsisType
from typing import Any

from django.db import transaction

from labeling.models import Project, User
from labeling.services.checks import text
from labeling.services.errors import Invalid
from learning.models import Decision, ModelVersion, Status
from learning.services import files, model_files

MAX_REASON = 2_000
BACK = "rolled_back_from"


class ChampionChanged(Exception):
    """The champion is not the one that was judged against."""


def settle(
    version: ModelVersion,
    status: Status,
    reason: str,
    numbers: dict[str, Any],
    user: User | None = None,
    against: ModelVersion | EllipsisType | None = ...,
) -> None:
    """Gives a version its status. A new champion retires the old one and whatever was provisional, and so ranks; a new
    provisional version ranks beside the champion.

    ``against`` is the champion (None: there was none) the status was found by. Raises ChampionChanged.
    """
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=version.project_id)
        others = ModelVersion.objects.filter(project=version.project_id).exclude(pk=version.pk)
        if against is not ... and against != others.champion():
            raise ChampionChanged
        if status == Status.CHAMPION:
            _retire(others.filter(status__in=[Status.CHAMPION, Status.PROVISIONAL]), version, user)
        elif status == Status.PROVISIONAL:
            _retire(others.filter(status=Status.PROVISIONAL), version, user)
        before = ModelVersion.objects.values_list("status", flat=True).get(pk=version.pk)
        verified = version.verified or bool(numbers.get("verified"))
        n_eval = version.n_eval or numbers.get("n_eval", 0)
        ModelVersion.objects.filter(pk=version.pk).update(status=status, verified=verified, n_eval=n_eval)
        # going back is no new use of the eval set: nothing was compared
        used = {} if BACK in numbers else {"eval_sha256": version.eval_sha256, "n_eval": n_eval}
        _record(version, before, status, reason, numbers, user, **used)
    version.status, version.verified = status, verified


def _retire(versions: Any, successor: ModelVersion, user: User | None) -> None:
    for version in versions:
        ModelVersion.objects.filter(pk=version.pk).update(status=Status.RETIRED)
        _record(version, version.status, Status.RETIRED, f"Replaced by {successor}.", {}, user)


def _record(
    version: ModelVersion, before: str, after: str, reason: str, numbers: dict[str, Any], user: User | None, **used: Any
) -> None:
    Decision.objects.create(
        project_id=version.project_id,
        model_version=version,
        before=before,
        after=after,
        reason=reason,
        numbers=numbers,
        decided_by=user,
        **used,
    )


def promote(user: User, version: ModelVersion, reason: str) -> ModelVersion:
    """Makes a version the champion because a person says so. Raises Invalid."""
    reason = _given(reason)
    if version.status == Status.CHAMPION:
        raise Invalid("status", f"{version} is the champion already.".capitalize())
    _check_file(version)
    settle(version, Status.CHAMPION, reason, {"by_hand": True}, user)
    return version


def rollback(user: User, project: Project, reason: str) -> ModelVersion:
    """Goes back to the champion before the present one; repeated, further back. Raises Invalid."""
    reason = _given(reason)
    champion = ModelVersion.objects.filter(project=project).champion()
    if champion is None:
        raise Invalid("status", "There is no champion to go back from.")
    earlier = earlier_champion(champion)
    if earlier is None:
        raise Invalid("status", "There is no earlier champion to go back to.")
    _check_file(earlier)
    settle(earlier, Status.CHAMPION, reason, {BACK: champion.number}, user)
    return earlier


def earlier_champion(champion: ModelVersion) -> ModelVersion | None:
    """The newest version older than this one that has been champion."""
    before = ModelVersion.objects.filter(project=champion.project_id, number__lt=champion.number)
    return before.filter(decisions__after=Status.CHAMPION).distinct().newest_first().first()


def _given(reason: str) -> str:
    if not reason.strip():
        raise Invalid("reason", "Say why: the reason is kept with the decision.")
    return text("reason", reason, max_length=MAX_REASON)


def _check_file(version: ModelVersion) -> None:
    try:
        model_files.load_model(version)
    except files.Corrupt as error:
        raise Invalid("status", f"The file of {version} is damaged: {error}.") from error
