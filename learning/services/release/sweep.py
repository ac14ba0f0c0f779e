"""Every ten seconds: whether a release runs that may be ended by what people say."""

from typing import Any

from labeling.db.prepared import PreparedRows
from learning.models import Release

_running = PreparedRows(lambda: Release.objects.running().order_by().values_list("pk")[:1])


def sweep_releases() -> dict[str, Any]:
    """Quick where none runs: then the scheduler does not load what counts them, which brings SciPy."""
    if not _running():
        return {}
    from learning.services.release.outcomes import count_running  # noqa: PLC0415

    return count_running()
