"""One item: what it is, what happened to it, and what can be done with it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling.models import Action, Item, Permission, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.gold import gold_of
from labeling.pages.item_list import view_asked
from labeling.pages.navigation import name_of, permissions
from labeling.pages.refusals import not_saved, telling_refusals
from labeling.selectors.comments import thread
from labeling.selectors.item_view import neighbours
from labeling.selectors.items import answers_of, asked_as_gold, history
from labeling.services.items import status as service
from labeling.services.items.doubted import ask_somebody_else
from labeling.services.review.comments import comment, resolve, sent_back_to
from labeling.services.validation.errors import Invalid


def _item(project: Project, pk: int) -> Item:
    item = get_object_or_404(Item.objects.select_related("asset", "batch"), project=project, pk=pk)
    item.project = project
    return item


@require_safe
@project_page(Action.ITEMS_READ)
def item(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    shown = _item(project, pk)
    reviews = Permission.REVIEW in permissions(request)
    comments = thread(shown) if reviews else []
    view = view_asked(request)
    previous, following = neighbours(project, view, name_of(request), shown)
    context = {
        "project": project,
        "item": shown,
        "events": history(shown),
        "fields": project.in_column_order(shown.data),
        "asked_as_gold": bool(asked_as_gold([shown])),
        "n_answers": len(answers_of([shown])[shown.pk]),
        "gold": gold_of(shown) if reviews else None,
        "comments": comments,
        "has_open": any(one.is_open for one in comments),
        "has_resolved": any(one.resolved_at for one in comments),
        "sent_back": list(sent_back_to(project, pk)) if reviews else [],
        "previous": previous,
        "next": following,
        "view": view,
    }
    return render(request, "pages/items/one.html", context)


@require_POST
@project_page(Action.REVIEWS_DECIDE)
def item_comment(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    with telling_refusals(request, not_saved):
        made = comment(request.user, project, pk, request.POST.get("text", ""), request.POST.get("to", ""))
        readers = f"reviewers and {made.addressee.get_username()}" if made.addressee else "reviewers"
        messages.success(request, f"The comment is there for {readers}.")
    return redirect(f"{reverse('pages:item', args=[project.slug, pk])}#comments")


@require_POST
@project_page(Action.REVIEWS_DECIDE)
def item_comments_resolve(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    resolve(request.user, project, pk, is_resolved="open" not in request.POST)
    return redirect(f"{reverse('pages:item', args=[project.slug, pk])}#comments")


@require_POST
@project_page(Action.ITEMS_SET_ASIDE)
def item_restore(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    service.restore(request.user, _item(project, pk))
    messages.success(request, "The item is back: it will be asked about where it lacks answers.")
    return redirect("pages:item", project.slug, pk)


@require_POST
@project_page(Action.ITEMS_SET_ASIDE)
def item_set_aside(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    service.set_aside(request.user, _item(project, pk))
    messages.success(request, "The item is set aside: nobody is asked about it until it is restored.")
    return redirect("pages:item", project.slug, pk)


@require_POST
@project_page(Action.ITEMS_ASK_AGAIN)
def item_ask_again(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    try:
        asked = ask_somebody_else(request.user, project, [_item(project, pk).pk])
    except Invalid as refused:
        messages.error(request, refused.reason)
    else:
        if asked:
            messages.success(
                request, "Somebody else is asked about the item, before anything else the next ranking puts."
            )
        else:
            messages.warning(
                request,
                "Nobody else can be asked: everybody who labels here has been, or somebody is being asked already.",
            )
    return redirect("pages:item", project.slug, pk)
