"""Which version is in use. Every change is one transaction and leaves a Decision for each version it touched."""

from types import EllipsisType
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from labeling.models import Project, User
from labeling.services.audit.trail import record
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid
from learning.models import AlertKind, Decision, ModelVersion, Status
from learning.models.model_version import ModelVersionQuerySet
from learning.selectors.production_mode import why_not
from learning.services import files
from learning.services.monitoring import alerts
from learning.services.registry import releases
from learning.services.registry.verdict import COULD_PROMOTE
from learning.services.registry.whole_files import check_file

MAX_REASON = 2_000
BACK = "rolled_back_from"


class ChampionChanged(Exception):
    """The champion is not the one that was judged against."""


class Damaged(Invalid):
    """A version whose file cannot be read; ``intact`` is the newest champion before it whose file can."""

    def __init__(self, why: str, intact: ModelVersion | None) -> None:
        way_out = (
            f"The newest champion before it whose file is whole is {intact}."
            if intact
            else "No champion before it has a whole file: restore one from a backup, or promote another version."
        )
        super().__init__("status", f"{why} {way_out}")
        self.intact = intact


class NoFile(Invalid):
    """There is nothing to load, and nothing is damaged."""


class FileDropped(NoFile):
    """Housekeeping let the version's file go."""


def settle(
    version: ModelVersion,
    status: Status,
    reason: str,
    numbers: dict[str, Any],
    user: User | None = None,
    against: ModelVersion | EllipsisType | None = ...,
) -> None:
    """Gives a version its status. A new champion retires the old one and whatever was provisional, and so ranks; a new
    provisional version ranks beside the champion. A new champion ends the release that runs, unless it came of it.

    ``against`` is the champion (None: there was none) the status was found by. Raises ChampionChanged.
    """
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=version.project_id)
        others = ModelVersion.objects.filter(project=version.project_id).exclude(pk=version.pk)
        if against is not ... and against != others.champion():
            raise ChampionChanged
        if status == Status.CHAMPION:
            releases.overtake(version, user)
            _retire(others.filter(status__in=[Status.CHAMPION, Status.PROVISIONAL]), version, user)
        elif status == Status.PROVISIONAL:
            _retire(others.filter(status=Status.PROVISIONAL), version, user)
        before, dropped_at = ModelVersion.objects.values_list("status", "dropped_at").get(pk=version.pk)
        if dropped_at is not None and status in (Status.CHAMPION, Status.PROVISIONAL):
            version.dropped_at = dropped_at  # housekeeping was faster: the lock was its before it was ours
            raise FileDropped("status", f"{version} cannot be used: {version.dropped_words}".capitalize())
        verified = version.verified or bool(numbers.get("verified"))
        n_eval = version.n_eval or numbers.get("n_eval", 0)
        ModelVersion.objects.filter(pk=version.pk).update(status=status, verified=verified, n_eval=n_eval)
        # a use of the eval set: by going back nothing is compared, on too few answers nobody is promoted
        is_use = BACK not in numbers and numbers.get(COULD_PROMOTE, True)
        used = {"eval_sha256": version.eval_sha256, "n_eval": n_eval} if is_use else {}
        _record(version, before, status, reason, numbers, user, **used)
        if status in (Status.CHAMPION, Status.PROVISIONAL):
            done = "model.rolled_back" if BACK in numbers else f"model.{status}"
            facts = {"status": status, "reason": reason} | {name: numbers[name] for name in (BACK,) if name in numbers}
            record(
                done, user=user, project=version.project, subject=str(version), before={"status": before}, after=facts
            )
    version.status, version.verified = status, verified
    if status == Status.CHAMPION and version.project.is_in_production:
        enqueue_on_commit("learning.look_at_production", version.project_id)


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
    check_promise(version)
    settle(version, Status.CHAMPION, reason, {"by_hand": True}, user)
    return version


def rollback(user: User, project: Project, reason: str, to: int | None = None) -> ModelVersion:
    """Goes back to the champion before the present one, or to the earlier one with the number ``to``; repeated, further
    back. Raises Invalid. Where the file is damaged it goes no further by itself, leaves an alert and raises Damaged.
    """
    reason = _given(reason)
    champion = ModelVersion.objects.filter(project=project).champion()
    if champion is None:
        raise Invalid("status", "There is no champion to go back from.")
    earlier = earlier_champion(champion, to)
    if earlier is None and to is not None:
        raise Invalid("to", f"Model {to} is no champion before {champion}.")
    if earlier is None:
        raise Invalid("status", "There is no earlier champion to go back to.")
    _check_way_back(earlier)
    check_promise(earlier)
    settle(earlier, Status.CHAMPION, reason, {BACK: champion.number}, user)
    return earlier


def earlier_champion(champion: ModelVersion, number: int | None = None) -> ModelVersion | None:
    """The newest version older than this one that has been champion, or the one of them with this number."""
    earlier = _earlier_champions(champion)
    return (earlier if number is None else earlier.filter(number=number)).first()


def _earlier_champions(version: ModelVersion) -> ModelVersionQuerySet:
    before = ModelVersion.objects.filter(project=version.project_id, number__lt=version.number)
    was = Decision.objects.filter(model_version=OuterRef("pk"), after=Status.CHAMPION)
    return before.filter(Exists(was)).newest_first()


def _given(reason: str) -> str:
    if not reason.strip():
        raise Invalid("reason", "Say why: the reason is kept with the decision.")
    return text("reason", reason, max_length=MAX_REASON)


def check_promise(version: ModelVersion) -> None:
    """Programs would not be answered any more. Raises Invalid."""
    if why := why_not(version, version.project):
        raise Invalid("status", why)


def _check_file(version: ModelVersion) -> None:
    if not version.path:
        raise NoFile("status", f"{version} cannot be used: no file was ever stored for it.".capitalize())
    try:
        check_file(version)
    except files.Dropped as error:
        raise FileDropped("status", f"{version} cannot be used: {error}".capitalize()) from error
    except files.Corrupt as error:
        raise Invalid("status", f"The file of {version} is damaged: {error}.") from error


def _check_way_back(earlier: ModelVersion) -> None:
    """Raises Damaged with where the way back goes on."""
    try:
        _check_file(earlier)
    except NoFile:  # nothing is damaged
        raise
    except Invalid as damaged:
        message = f"{damaged.reason} Nobody can go back to it until the file is restored from a backup."
        alerts.raise_alert(earlier.project, AlertKind.MODEL_DAMAGED, message, subject=str(earlier))
        raise Damaged(damaged.reason, next(filter(_is_whole, _earlier_champions(earlier)), None)) from damaged


def _is_whole(version: ModelVersion) -> bool:
    try:
        _check_file(version)
    except Invalid:
        return False
    return True
