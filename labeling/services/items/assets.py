"""Pictures of items and of contexts as assets."""

from collections.abc import Sequence

from labeling.models import Asset, Project
from labeling.services.items.pictures import PictureFacts, original_name

_FACTS = (
    "sha256", "size_bytes", "format", "media_type", "mode", "width", "height", "frames", "orientation",
    "perceptual_hash",
)  # fmt: skip


def asset_ids(project: Project, pictures: Sequence[PictureFacts]) -> dict[str, int]:
    """Id by hash of these pictures; one that is asked about in two contexts is one asset."""
    if not pictures:
        return {}
    facts = {picture.sha256: picture for picture in pictures}
    Asset.objects.bulk_create((asset_of(project.pk, fact) for fact in facts.values()), ignore_conflicts=True)
    return dict(Asset.objects.filter(project=project, sha256__in=facts).values_list("sha256", "pk"))


def asset_of(project_id: int, fact: PictureFacts) -> Asset:
    """The asset of a picture, not stored."""
    path = original_name(project_id, fact.sha256)
    return Asset(project_id=project_id, path=path, **{name: getattr(fact, name) for name in _FACTS})
