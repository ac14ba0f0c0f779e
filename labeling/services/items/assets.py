"""Pictures of items and of contexts as assets."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from labeling.db.insert import RawInsert, now
from labeling.models import Asset, Project
from labeling.services.items.pictures import PictureFacts, original_name

_FACTS = (
    "sha256", "size_bytes", "format", "media_type", "mode", "width", "height", "frames", "orientation",
    "perceptual_hash",
)  # fmt: skip
_values: Callable[[PictureFacts], tuple[Any, ...]] = attrgetter(*_FACTS)


def asset_ids(project: Project, pictures: Sequence[PictureFacts]) -> dict[str, int]:
    """Id by hash of these pictures; one that is asked about in two contexts is one asset."""
    if not pictures:
        return {}
    facts = {picture.sha256: picture for picture in pictures}
    constants = {"project": project.pk, "created_at": now()}
    RawInsert(Asset, ("path", *_FACTS), constants, ignore_conflicts=True)(
        (original_name(project.pk, fact.sha256), *_values(fact)) for fact in facts.values()
    )
    return dict(Asset.objects.filter(project=project, sha256__in=facts).values_list("sha256", "pk"))


def asset_of(project_id: int, fact: PictureFacts) -> Asset:
    """The asset of a picture, not stored."""
    path = original_name(project_id, fact.sha256)
    return Asset(project_id=project_id, path=path, **{name: getattr(fact, name) for name in _FACTS})
