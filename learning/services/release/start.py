"""A release begins: two versions whose files are whole, and nothing else that runs."""

import secrets

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import Max

from labeling.kinds import kind_of
from labeling.models import Annotation, Project, User
from labeling.services.audit.trail import record
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid
from learning.core import artifacts
from learning.core.release.watch import Watch, alike_allowed
from learning.models import ModelVersion, Release, ReleaseMode
from learning.selectors.production_mode import why_not
from learning.services import files
from learning.services.registry import golden
from learning.services.registry.promotion import MAX_REASON
from learning.services.registry.whole_files import check_file

#: Of callers, where nobody says.
SHARES = {ReleaseMode.SHADOW: 0.0, ReleaseMode.CANARY: 0.1, ReleaseMode.AB: 0.5}

#: A limit for one prediction.
LEAST_LATENCY_MS, MOST_LATENCY_MS = 0.001, 1e6


def start(
    user: User,
    project: Project,
    number: int,
    reason: str,
    *,
    mode: ReleaseMode = ReleaseMode.SHADOW,
    share: float | None = None,
    promotes: bool = False,
    latency_limit_ms: float | None = None,
) -> Release:
    """Lets a version meet traffic beside the one in use; ``share`` of callers is by the mode where it is None.

    Raises Invalid: no such version, no version in use, the same one, a file that is gone or damaged, pairs, or a
    release that runs already.
    """
    if not reason.strip():
        raise Invalid("reason", "Say why: the reason is kept with the release.")
    reason = text("reason", reason, max_length=MAX_REASON)
    share = SHARES[mode] if share is None else share
    if (mode == ReleaseMode.SHADOW) != (share == 0):
        raise Invalid("share", "A shadow answers nobody (0), any other release somebody (up to 1).")
    if why := not_released(project):
        raise Invalid("mode", why)
    versions = ModelVersion.objects.filter(project=project)
    candidate = versions.filter(number=number).first()
    if candidate is None:
        raise Invalid("candidate", f"There is no model {number} in this project.")
    champion = versions.in_use() if versions.champion() is None else _in_use_beside(candidate)
    if champion is None:
        raise Invalid("candidate", "No model is in use yet that it could be compared with: promote one first.")
    if champion == candidate:
        raise Invalid("candidate", f"Model {number} is in use already: there is nothing to compare it with.")
    _check_file(candidate)
    if mode != ReleaseMode.SHADOW and (why := why_not(candidate, project)):
        raise Invalid("candidate", why)
    watch = Watch(most_alike=alike_allowed(_most_common(candidate)))
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        candidate.refresh_from_db(fields=["dropped_at"])
        if candidate.dropped_at is not None:
            raise Invalid("candidate", f"{candidate} cannot be used: {candidate.dropped_words}".capitalize())
        of_project = Release.objects.filter(project=project)
        if running := of_project.running().first():
            raise Invalid("candidate", f"{running} of {running.candidate} runs: end it first.".capitalize())
        last = of_project.aggregate(last=Max("number"))["last"] or 0
        try:
            with transaction.atomic():
                release = Release.objects.create(
                    project=project, number=last + 1, candidate=candidate, champion=champion, mode=mode, share=share,
                    promotes=promotes, latency_limit_ms=latency_limit_ms, salt=secrets.token_hex(8), reason=reason,
                    started_by=user, watch=vars(watch),
                    first_answer=Annotation.objects.aggregate(last=Max("pk"))["last"] or 0,
                )  # fmt: skip
        except IntegrityError as error:
            raise Invalid("candidate", "Another release was begun at the same moment.") from error
        facts = {"candidate": number, "champion": champion.number, "mode": mode, "share": share, "reason": reason}
        record("release.started", user=user, project=project, subject=str(release), after=facts)
    return release


def not_released(project: Project) -> str:
    """Why no model of the project meets traffic; empty where they do. Asks the kind: a web process loads no family."""
    if kind_of(project).learned_as is not None:
        return ""
    return "Models of pairs answer nobody from outside yet, so there is no traffic to meet."


def _in_use_beside(candidate: ModelVersion) -> ModelVersion | None:
    """The version that answers callers; where the candidate is what ranks (provisional), the champion."""
    versions = ModelVersion.objects.filter(project=candidate.project_id)
    in_use = versions.in_use()
    return versions.champion() if in_use == candidate else in_use


def _check_file(version: ModelVersion) -> None:
    try:
        if not version.path:
            raise files.Corrupt("no file was ever stored for it")
        check_file(version)
    except files.Corrupt as error:
        raise Invalid("candidate", f"{version} cannot be used: {error}.".capitalize()) from error


def _most_common(version: ModelVersion) -> float:
    """The share of its most common output among its golden rows; 0 without any."""
    if not version.golden_path:
        return 0.0
    try:
        outputs = golden.outputs(version)
    except (files.Corrupt, artifacts.ArtifactError):  # who loads it says so
        return 0.0
    counts = np.unique(outputs, axis=0, return_counts=True)[1]
    return float(counts.max() / counts.sum()) if len(counts) else 0.0
