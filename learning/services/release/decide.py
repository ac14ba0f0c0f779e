"""A release ends: by a person, or by what was proven."""

from django.db import transaction

from labeling.models import Project, User
from labeling.selectors.costs import latency_limit_ms
from labeling.services.jobs.enqueue import enqueue_on_commit
from labeling.services.validation.checks import text
from labeling.services.validation.errors import Invalid
from learning.core.evaluation.prediction_cost import limit_checks
from learning.core.release.rules import Proven, error_interval, proven
from learning.models import Release, ReleaseState, Status
from learning.services.registry import promotion, releases
from learning.services.registry.verdict import COULD_PROMOTE


def promote(user: User | None, release: Release, reason: str) -> Release:
    """Ends the release with its candidate as the champion, which ranks from then on: one transaction. Raises Invalid:
    no reason, it has ended, or the candidate's file is gone."""
    reason = _given(reason)
    promotion.check_promise(release.candidate)
    with transaction.atomic():
        # the project before the release, as whoever settles a version does
        Project.objects.select_for_update(no_key=True).get(pk=release.project_id)
        _end(release, ReleaseState.PROMOTED, reason, user)
        facts = {**releases.numbers(release), COULD_PROMOTE: False, "by_hand": user is not None}
        why = f"{reason} ({str(release).capitalize()}.)"
        promotion.settle(release.candidate, Status.CHAMPION, why, facts, user)
    enqueue_on_commit("learning.rank", release.project_id)
    return release


def roll_back(user: User | None, release: Release, reason: str) -> Release:
    """Ends the release; every caller gets the champion's answer again. Raises Invalid: no reason, or it has ended."""
    reason = _given(reason)
    with transaction.atomic():
        _end(release, ReleaseState.ROLLED_BACK, reason, user)
    return release


def by_proof(release: Release) -> bool:
    """Ends the release where something is proven that ends it; whether it did. A gain ends it only where it was begun
    so, and never with a version that is slower than the project allows: a person may. Outside of a transaction."""
    found = proven(release.errors, release.outliers)
    if found is None or (found is Proven.BETTER and not (release.promotes and _is_fast_enough(release))):
        return False
    try:
        if found is Proven.BETTER:
            promote(None, release, words(release, found))
        else:
            roll_back(None, release, words(release, found))
    except Invalid:  # somebody was faster, or its file is gone
        return False
    return True


def words(release: Release, found: Proven) -> str:
    """What was proven, in one sentence."""
    if found is Proven.MORE_OUTLIERS:
        more = release.outliers
        return (
            f"It takes more contents for outliers than the champion, by {more.difference:.1%} of"
            f" {more.n:,} predictions."
        )
    errors, (low, high) = release.errors, error_interval(release.errors)
    better = found is Proven.BETTER
    low, high = (-high, -low) if better else (low, high)
    return (
        f"Proven {'better' if better else 'worse'}: wrong in {abs(errors.difference) * 100:.1f} points"
        f" {'fewer' if better else 'more'} of {errors.n:,} contents whose answer is known"
        f" ({low * 100:.1f} to {high * 100:.1f})."
    )


def _is_fast_enough(release: Release) -> bool:
    """By the limits of now; a version of which nothing was measured passes, as at the gate."""
    project, cost = release.candidate.project, release.candidate.prediction_cost
    limits = latency_limit_ms(project), project.prediction_limit_cpu_ms
    checks = limit_checks(cost["alone_ms"], cost["cpu_ms_per_1000"], *limits) if cost else []
    return all(check.passed for check in checks)


def _end(release: Release, state: ReleaseState, why: str, user: User | None) -> None:
    if not releases.end(release, state, why, user):
        release.refresh_from_db(fields=["state"])
        raise Invalid("state", f"{release} has ended already: {release.get_state_display()}.".capitalize())


def _given(reason: str) -> str:
    if not reason.strip():
        raise Invalid("reason", "Say why: the reason is kept with the decision.")
    return text("reason", reason, max_length=promotion.MAX_REASON)
