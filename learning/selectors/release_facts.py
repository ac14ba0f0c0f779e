"""A release in plain values, the same for REST and pages."""

from typing import Any

from learning.core.release.counts import Counts
from learning.core.release.difference import interval
from learning.core.release.rules import ALPHA_OUTLIERS, OUTLIER_MARGIN, error_interval, proven
from learning.models import Release


def release_facts(release: Release) -> dict[str, Any]:
    """``error_rate`` and ``outlier_share``: the candidate's minus the champion's with their confidence sequences, which
    hold at every moment at once; null while nothing is known. Times are for one prediction."""
    compared = release.predictions - release.failed
    errors, outliers = release.errors, release.outliers
    found = proven(errors, outliers)
    return {
        "number": release.number,
        "state": release.state,
        "mode": release.mode,
        "candidate": release.candidate.number,
        "champion": release.champion.number,
        "share": release.share,
        "promotes": release.promotes,
        "latency_limit_ms": release.latency_limit_ms,
        "reason": release.reason,
        "why": release.why,
        "started_at": release.started_at,
        "started_by": release.started_by.username if release.started_by else None,
        "ended_at": release.ended_at,
        "ended_by": release.ended_by.username if release.ended_by else None,
        "predictions": release.predictions,
        "by_candidate": release.by_candidate,
        "failed": release.failed,
        "agreement": release.alike / compared if compared else None,
        "candidate_ms": release.candidate_ms / compared if compared else None,
        "champion_ms": release.champion_ms / compared if compared else None,
        "error_rate": _difference(errors, error_interval(errors)),
        "outlier_share": _difference(outliers, interval(outliers, ALPHA_OUTLIERS, ALPHA_OUTLIERS)),
        "outlier_margin": OUTLIER_MARGIN,
        "proven": found.value if found else None,
    }


def _difference(counts: Counts, ends: tuple[float, float]) -> dict[str, Any]:
    known = counts.n > 0
    return {
        "n": counts.n,
        "candidate_alone": counts.worse,
        "champion_alone": counts.better,
        "difference": counts.difference if known else None,
        "low": ends[0] if known else None,
        "high": ends[1] if known else None,
    }
