"""Where a person signed in with the right password before."""

from django.conf import settings
from django.db import models


class KnownAddress(models.Model):
    """An address (of IPv6 the network) from which nobody else can lock the person out (decision 0036)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="known_addresses")
    address = models.CharField(max_length=49)
    last_right_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "address"], name="known_address_once")]

    def __str__(self) -> str:
        return f"{self.user} at {self.address}"
