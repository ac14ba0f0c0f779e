from django.db import models
from django.utils import timezone


class Asset(models.Model):
    """The bytes of an uploaded picture as they came, and what was found inside them. Previews are derived from it."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="assets")
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=200, help_text="Name in the file storage.")
    size_bytes = models.BigIntegerField()
    format = models.CharField(max_length=20, help_text="As decoded, never as named.")
    media_type = models.CharField(max_length=60)
    mode = models.CharField(max_length=20)
    width = models.PositiveIntegerField(help_text="Pixels of the upright picture.")
    height = models.PositiveIntegerField(help_text="Pixels of the upright picture.")
    frames = models.PositiveIntegerField(default=1)
    orientation = models.PositiveSmallIntegerField(default=1, help_text="EXIF orientation of the original, 1 to 8.")
    perceptual_hash = models.BigIntegerField(null=True, help_text="64-bit difference hash, as a signed number.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "sha256"], name="asset_once_per_project")]

    def __str__(self) -> str:
        return f"{self.format} {self.width}x{self.height} {self.sha256[:12]}"

    @property
    def is_deep(self) -> bool:
        """Greys of more than 8 bits: only a part of what they hold can be seen at once."""
        return self.mode.startswith(("I", "F"))
