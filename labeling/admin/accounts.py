"""People, what they may do, their tokens, and what the installation remembers of their coming and going."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from labeling.admin.base import LookAdmin, RecordedAdmin
from labeling.models import ApiToken, AttemptLimit, AuditEvent, KnownAddress, User
from labeling.services.accounts.tokens import after_new_password, revoke_tokens
from labeling.services.members.reset_links import reset_path

if TYPE_CHECKING:
    from labeling.models.token import ApiTokenQuerySet


admin.site.unregister(Group)


class _OffersWhatWorks(RecordedAdmin):
    """Of Django's four permissions a table only those are offered that change what somebody may do."""

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        if db_field.related_model is Permission:
            kwargs["queryset"] = permissions_of_use()
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def permissions_of_use() -> QuerySet[Permission]:
    """To view each table, to work what has a button, to change what is changed here, to make projects."""
    wanted = Q(content_type__app_label="labeling", codename="add_project")
    for model, shown in admin.site._registry.items():
        verbs = ["view"]
        if not isinstance(shown, LookAdmin):
            verbs += ["add", "change", "delete"]
        elif shown.actions:
            verbs.append("change")
        options = model._meta
        names = [f"{verb}_{options.model_name}" for verb in verbs]
        wanted |= Q(content_type__app_label=options.app_label, codename__in=names)
    return Permission.objects.filter(wanted).select_related("content_type")


@admin.register(Group)
class MakersAdmin(_OffersWhatWorks, GroupAdmin):
    """Groups of accounts and what they may do in the installation."""


@admin.register(User)
class PersonAdmin(_OffersWhatWorks, UserAdmin):
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "last_login")
    readonly_fields = ("last_login", "date_joined")  # they happened; and Django's fields for a moment have no labels
    date_hierarchy = "date_joined"
    change_user_password_template = "admin/labeling/change_password.html"

    actions = ("make_reset_link",)

    @admin.action(description="Make a link for a new password", permissions=["change"])
    def make_reset_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Shown once, to be sent by whatever way."""
        by = cast("User", request.user)
        for user in queryset[:20]:
            try:
                path, until = reset_path(by, user)
            except PermissionDenied as refused:
                self.message_user(request, f"{user.username}: {refused}", messages.ERROR)
            else:
                words = f"{user.username}, until {until:%Y-%m-%d %H:%M} UTC: {request.build_absolute_uri(path)}"
                self.message_user(request, words, messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj._changed_by = request.user
        super().save_model(request, obj, form, change)

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002  # Django's name
        """Tokens made under the old password go with it, unless the administrator keeps them."""
        before = self.get_object(request, unquote(id))
        response = super().user_change_password(request, id, form_url)
        user = before and User.objects.get(pk=before.pk)
        if before and user and user.password != before.password:
            keep_tokens = "keep_tokens" in request.POST
            after_new_password(user, by=cast("User", request.user), keep_tokens=keep_tokens)
        return response


@admin.register(ApiToken)
class ApiTokenAdmin(LookAdmin):
    list_display = (
        "name", "user", "machine", "prefix", "scopes", "project", "created_at", "expires_at", "last_used_at",
        "revoked_at",
    )  # fmt: skip
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), ("last_used_at", admin.EmptyFieldListFilter))
    list_select_related = ("user", "machine", "project")
    search_fields = ("name", "prefix", "user__username", "machine__name")
    date_hierarchy = "created_at"
    exclude = ("key_hash",)
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        revoked = revoke_tokens(cast("ApiTokenQuerySet", queryset), by=cast("User", request.user))
        self.message_user(request, f"{revoked} tokens revoked.", messages.SUCCESS)


@admin.register(AttemptLimit)
class AttemptLimitAdmin(LookAdmin):
    list_display = ("scope", "address", "name_hash", "free_at")
    list_filter = ("scope",)
    search_fields = ("address__startswith",)


@admin.register(KnownAddress)
class KnownAddressAdmin(LookAdmin):
    list_display = ("user", "address", "last_right_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "address__startswith")


@admin.register(AuditEvent)
class AuditEventAdmin(LookAdmin):
    list_display = ("at", "action", "user_name", "subject", "project_slug", "via", "address", "request_id")
    list_filter = ("action", "via")
    search_fields = ("user_name", "subject", "project_slug", "address", "request_id")
    date_hierarchy = "at"
