"""Making an invitation link and revoking it, both from the page of members."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from labeling.models import Action, Invitation, Project
from labeling.pages.decorators import PageRequest, project_page
from labeling.pages.forms import InvitationForm
from labeling.pages.members import members_page
from labeling.services.members.invitations import invite, path_to_join, revoke_invitation
from labeling.services.validation.errors import Invalid


@require_POST
@never_cache
@project_page(Action.INVITATIONS_CHANGE)
def invitation_new(request: PageRequest, project: Project) -> HttpResponse:
    """The link is in this one response and nowhere else, so there is no redirect to a page that could show it."""
    form = InvitationForm(request.POST)
    if form.is_valid():
        try:
            made, key = invite(request.user, project, **form.cleaned_data)
        except Invalid as refused:
            form.blame(refused)
        else:
            link = request.build_absolute_uri(path_to_join(key))
            return members_page(request, project, invited=made, link=link)
    return members_page(request, project, invitation_form=form)


@require_POST
@project_page(Action.INVITATIONS_CHANGE)
def invitation_revoke(request: PageRequest, project: Project, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation.objects.select_related("project"), project=project, pk=pk)
    revoke_invitation(request.user, invitation)
    messages.success(request, "The link is revoked. Nobody comes in by it any more; who came stays.")
    return redirect("pages:members", project.slug)
