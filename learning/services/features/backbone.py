"""The picture network an administrator set for this installation (IMAGE_ENCODER_ONNX), if there is one."""

from functools import partial
from pathlib import Path

from django.conf import settings


def register() -> None:
    """Called once when Django is ready. The file is read when a picture is first encoded, and checked by its hash."""
    if not settings.IMAGE_ENCODER_ONNX:
        return
    from learning.core.encoders import use_backbone  # noqa: PLC0415  # NumPy is not needed without one
    from learning.core.encoders.backbone import Backbone  # noqa: PLC0415

    use_backbone(
        Backbone(
            partial(Path.read_bytes, Path(settings.IMAGE_ENCODER_ONNX)),
            settings.IMAGE_ENCODER_SHA256,
            settings.IMAGE_ENCODER_CENTRE,
            settings.IMAGE_ENCODER_SCALE,
        )
    )
