"""A link by which somebody becomes a member: of a role, for a while, for so many people. The key is kept as a hash."""

import secrets
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from labeling.models.permission import Role
from labeling.models.token import PREFIX_LENGTH, hash_key

MAX_USES = 500
#: *open*, or why nobody comes in by it any more.
STATES = ("open", "revoked", "used up", "expired")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self) -> Self:
        """By the database's clock: neither revoked nor run out, and not used up."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=Now(), uses__lt=F("max_uses"))

    def newest_first(self) -> Self:
        return self.order_by("-pk")


class Invitation(models.Model):
    """``username`` and ``email`` are what the account is to have; empty where whoever comes chooses."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Role.choices)
    note = models.CharField(max_length=200, blank=True, default="", help_text="Whom it is for.")
    username = models.CharField(max_length=150, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    prefix = models.CharField(max_length=PREFIX_LENGTH)
    key_hash = models.CharField(max_length=64, unique=True)
    max_uses = models.PositiveIntegerField(default=1)
    uses = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(condition=Q(max_uses__gte=1, max_uses__lte=MAX_USES), name="invitation_has_uses"),
            models.CheckConstraint(condition=Q(uses__lte=F("max_uses")), name="invitation_not_overused"),
            models.CheckConstraint(
                condition=~Q(role=Role.MANAGER) | Q(max_uses=1), name="invitation_of_one_manager_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.role})"

    @property
    def state(self) -> str:
        """One of ``STATES``."""
        if self.revoked_at is not None:
            return "revoked"
        if self.uses >= self.max_uses:
            return "used up"
        return "expired" if self.expires_at <= timezone.now() else "open"

    @classmethod
    def issue(cls, **fields: Any) -> tuple["Invitation", str]:
        """Creates an invitation; its key is returned here and nowhere again."""
        key = secrets.token_urlsafe(32)
        return cls.objects.create(prefix=key[:PREFIX_LENGTH], key_hash=hash_key(key), **fields), key
