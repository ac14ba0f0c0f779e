"""Similar items: those most like an item, a text or a picture."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from labeling.models import Action, Item, JobState, Modality, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.item_list import rows_of
from labeling.pages.navigation import name_of
from labeling.selectors.item_view import ChosenItems, ItemView, told
from labeling.services.validation.errors import Invalid
from learning.models import EncoderVersion, SimilarSearch
from learning.services.similar import ask

#: A number of the database is no longer.
_DIGITS = 18


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Action.ITEMS_READ)
def similar(request: PageRequest, project: Project) -> HttpResponse:
    """What to compare with; POST takes ``item``, ``text`` or ``picture`` and leads to what is found."""
    if request.method == "POST":
        try:
            asked = _ask(request, project)
        except Invalid as refused:
            messages.error(request, refused.reason)
        else:
            return redirect("learning-pages:similar-found", project.slug, asked.public_id)
        return redirect("learning-pages:similar", project.slug)
    return render(request, "pages/similar/index.html", _context(project))


def _context(project: Project) -> dict[str, object]:
    return {
        "project": project,
        "as_gallery": project.modality == Modality.IMAGE,
        "has_features": EncoderVersion.objects.filter(project=project, is_current=True).exists(),
    }


def _ask(request: PageRequest, project: Project) -> SimilarSearch:
    """Raises Invalid, Http404."""
    number = request.POST.get("item", "")
    if number:
        is_number = number.isascii() and number.isdecimal() and len(number) <= _DIGITS
        item = get_object_or_404(Item, project=project, pk=int(number) if is_number else 0)
        return ask.ask_about_item(request.user, project, item)
    if file := request.FILES.get("picture"):
        return ask.ask_about_picture(request.user, project, file.read(ask.LARGEST_PICTURE_BYTES + 1))
    if project.modality == Modality.IMAGE:
        raise Invalid("picture", "Choose a picture first.")
    return ask.ask_about_text(request.user, project, request.POST.get("text", ""))


@require_safe
@project_page(Action.ITEMS_READ)
def similar_found(request: PageRequest, project: Project, public_id: UUID) -> HttpResponse:
    """What was found; the part with it renews itself until a worker has found it."""
    search = get_object_or_404(SimilarSearch.objects.select_related("item"), project=project, public_id=public_id)
    chosen = ChosenItems(project, ItemView(), name_of(request))
    distances = dict(search.result or ()) if search.state == JobState.DONE else {}
    rows = rows_of(project, told(chosen, list(distances), related=("asset",)), chosen.labels, "")
    for row in rows:
        row["distance_words"] = f"distance {distances[row['item'].ordinal]:.3f}"
    context = _context(project) | {"search": search, "rows": rows}
    template = "_found.html" if request.htmx else "index.html"  # type: ignore[attr-defined]
    return render(request, f"pages/similar/{template}", context)
