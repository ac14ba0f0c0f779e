"""API tokens: shown once, kept as a hash; each says what it may be used for, where, and how long."""

import hashlib
import itertools
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

if TYPE_CHECKING:
    from labeling.models.user import User

PREFIX_LENGTH = 8


class Scope(models.TextChoices):
    """What a token may be used for, within what its person may do."""

    READ = "read", "read projects, items, answers, exports, runs and models"
    LABEL = "label", "be asked and answer"
    MANAGE = "manage", "change: import, settings, members, snapshots, runs, promotion"
    PREDICT = "predict", "ask the model and tell it what was right"


def written(scopes: Iterable[str]) -> str:
    """Scopes as the column holds them: one spelling for each set."""
    return " ".join(scope for scope in Scope.values if scope in set(scopes))


ALL_SCOPES = written(Scope.values)
SCOPE_SETS = [
    written(some) for size in range(1, len(Scope) + 1) for some in itertools.combinations(Scope.values, size)
]  # fmt: skip


def hash_key(key: str) -> str:
    """SHA-256 of a token key in hex; the keys are random, so no salt and no slow hash is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self) -> "ApiTokenQuerySet":
        """Neither revoked nor run out, by the database's clock."""
        return self.unrevoked().filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))

    def unrevoked(self) -> "ApiTokenQuerySet":
        return self.filter(revoked_at__isnull=True)


class ApiToken(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="api_tokens"
    )
    machine = models.ForeignKey(
        "labeling.Machine",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        help_text="The machine it is of, in the place of a person.",
    )
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=PREFIX_LENGTH)
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    scopes = models.CharField(max_length=40, default=ALL_SCOPES)
    project = models.ForeignKey(
        "labeling.Project",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        help_text="The only project it reaches; empty: all of its person's.",
    )
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(scopes__in=SCOPE_SETS), name="api_token_scopes_known"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, machine__isnull=True)
                | Q(user__isnull=True, machine__isnull=False, project__isnull=False),
                name="api_token_of_a_person_or_a_machine",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    @property
    def scope_set(self) -> frozenset[str]:
        return frozenset(self.scopes.split())

    @property
    def holder(self) -> str:
        """Whose it is, by name."""
        return self.user.get_username() if self.user else f"machine {self.machine}"

    @property
    def has_run_out(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @classmethod
    def issue(cls, user: "User | None", name: str, **limits: Any) -> tuple["ApiToken", str]:
        """Creates a token; the key itself is returned here and nowhere again. ``user`` is None of a machine's."""
        key = secrets.token_urlsafe(32)
        made = cls.objects.create(user=user, name=name, prefix=key[:PREFIX_LENGTH], key_hash=hash_key(key), **limits)
        return made, key
