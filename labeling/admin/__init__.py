"""The administration: looking into every table. What has rules is changed on the pages or over REST, not here."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from labeling.admin import accounts, background, machines, projects, quality, questions
from labeling.admin.base import COUNT_UP_TO, BoundedPaginator, JobAdmin, LookAdmin, RecordedAdmin
from labeling.admin.front import front

__all__ = [
    "COUNT_UP_TO", "BoundedPaginator", "JobAdmin", "LookAdmin", "RecordedAdmin", "accounts", "background", "machines",
    "projects", "quality", "questions",
]  # fmt: skip


def _own_password(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    return redirect("pages:password")


admin.site.site_header = "Querent administration"
admin.site.site_title = "Querent"
admin.site.index_title = "Administration"
admin.site.index_template = "admin/front.html"
admin.site.index = front(admin.site, admin.site.index)  # type: ignore[method-assign, assignment]  # decision 0103
admin.site.login = login_required(admin.site.login)  # type: ignore[method-assign]  # one sign-in page, one lockout
admin.site.password_change = _own_password  # type: ignore[assignment, method-assign]  # its own has no limit
