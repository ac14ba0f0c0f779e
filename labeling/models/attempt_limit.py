"""How fast passwords may still be tried, by name, by address and by both."""

from django.db import models


class AttemptLimit(models.Model):
    """One running account of attempts: each costs some seconds, paid off by time alone.

    ``free_at`` is when everything spent so far is paid off; a row in the past says nothing and is deleted. Names
    are kept as a keyed hash only: people type passwords into the wrong field.
    """

    scope = models.CharField(max_length=10)
    name_hash = models.CharField(max_length=32, blank=True, default="")
    address = models.CharField(max_length=49, blank=True, default="")
    free_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "name_hash", "address"], name="attempt_limit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.address or self.name_hash}"
