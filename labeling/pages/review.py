"""The page of reviewers: one item after the other, beside what everybody said of it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from labeling.kinds import kind_of
from labeling.kinds.page_keys import page_keys
from labeling.models import Action, Modality, Permission, Project
from labeling.pages.annotate import styles_of
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.modules import modules_of
from labeling.pages.navigation import permissions
from labeling.selectors.comments import open_threads
from labeling.selectors.reviewing import unsuspected_errors, waiting_by_sort
from labeling.services.review.decide import REFUSED, plan_of
from labeling.services.review.queue import fill

PAGE_SCRIPT = "js/pages/review.js"


@require_GET
@ensure_csrf_cookie
@never_cache
@project_page(Action.REVIEWS_READ)
def review(request: PageRequest, project: Project) -> HttpResponse:
    """The page; what it shows comes over REST. Of pairs it says that they are not reviewed."""
    kind = kind_of(project)
    refused = REFUSED.of(kind.subject)
    fill(project)
    keys = page_keys(project.labels.in_use(), kind, is_picture=project.modality == Modality.IMAGE)
    counts = waiting_by_sort(project)
    context: dict[str, Any] = {
        "project": project,
        "kind": kind,
        "refused": refused,
        "labels": keys.labels,
        "caps": keys.caps,
        "use_picker": keys.use_picker,
        "one_row": keys.use_picker or not kind.has_labels or len(keys.labels) <= kind.one_row_labels,
        "may_manage": Permission.MANAGE in permissions(request),
        "at_random": f"{100 * plan_of(project).random_share:g} %",
        "threads": open_threads(project),
        "errors": unsuspected_errors(project),
        "modules": [name for name in modules_of(PAGE_SCRIPT, kind.script) if name != PAGE_SCRIPT],
        "styles": [*styles_of(kind), "css/review.css"],
        "boot": {
            "user": request.user.pk,
            "project": {"slug": project.slug, "kind": project.kind, "modality": project.modality},
            "labels": [{"name": label["name"], "keys": label["keys"]} for label in keys.labels],
            "keys": keys.commands,
            "waiting": sum(counts.values()),
            "refused": refused,
            "urls": {
                "reviews": reverse("api:reviews", args=[project.slug]),
                "item": reverse("pages:item", args=[project.slug, 0]),
                "comments": reverse("api:item-comments", args=[project.slug, 0]),
            },
        },
    }
    return render(request, "pages/review/index.html", context)
