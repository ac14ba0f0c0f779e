"""Whether the file of a version is there as it was stored, without reading what it says."""

from learning.models import ModelVersion
from learning.services import files


def check_file(version: ModelVersion) -> None:
    """Raises files.Corrupt, of which files.Dropped is one."""
    if version.dropped_at is not None:
        raise files.Dropped(version.dropped_words)
    try:
        files.check(version.path, version.sha256)
    except files.Corrupt:
        version.refresh_from_db(fields=["dropped_at"])  # housekeeping may have come between
        if version.dropped_at is not None:
            raise files.Dropped(version.dropped_words) from None
        raise
