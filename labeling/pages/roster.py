"""People by a csv file: shown as what would become of each row, then done; and the members as a file."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from labeling.models import Action, Member, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.services.members.roster import MAX_BYTES, carry_out, members_csv, plan_roster, read_roster
from labeling.services.validation.errors import Invalid


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@project_page(Action.MEMBERS_CHANGE)
def roster(request: PageRequest, project: Project) -> HttpResponse:
    """``file`` or ``text``; with ``do`` it is done, and the links are in this one response."""
    context = {"project": project, "text": "", "rows": [], "done": False, "error": ""}
    if request.method != "POST":
        return render(request, "pages/members/roster.html", context)
    try:
        context["text"] = text = _text(request)
        given = read_roster(text)
        if "do" in request.POST:
            rows = carry_out(request.user, project, given)
            links = {row.row: request.build_absolute_uri(row.path) for row in rows if row.path}
            context |= {"done": True, "links": links, "rows": [(row, links.get(row.row, "")) for row in rows]}
        else:
            rows = plan_roster(project, given)
            context["rows"] = [(row, "") for row in rows]
        context["to_do"] = sum(row.what in ("add", "invite") for row in rows)
        context["refused"] = sum(row.what == "refused" for row in rows)
    except Invalid as refused:
        context["error"] = refused.reason
    return render(request, "pages/members/roster.html", context, status=400 if context["error"] else 200)


@require_safe
@project_page(Action.MEMBERS_CHANGE)
def members_file(request: PageRequest, project: Project) -> HttpResponse:
    """With e-mails: for managers only."""
    members = Member.objects.filter(project=project).select_related("user")
    response = HttpResponse(members_csv(members), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{project.slug}-members.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _text(request: PageRequest) -> str:
    """Of the file that was sent, else of the field, which the page that was shown first sends along."""
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("text", "").replace("\r\n", "\n")
    if file.size is None or file.size > MAX_BYTES:
        raise Invalid("file", f"At most {MAX_BYTES // 1000} kB.")
    try:
        return file.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Invalid("file", "The file is not in UTF-8: save it as “CSV UTF-8”.") from None
