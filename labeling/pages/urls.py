"""Addresses of the pages."""

from django.urls import include, path
from django.views.generic import TemplateView

from labeling.pages import (
    account,
    audit,
    export,
    import_draft,
    imports,
    invitations,
    items,
    join,
    member,
    members,
    people,
    project,
    project_settings,
    projects,
    quarantine,
    room,
)

app_name = "pages"

of_a_project = [
    path("", project.project, name="project"),
    path("agreement/", project.agreement_fragment, name="agreement"),
    path("imports/", imports.imports, name="imports"),
    path("imports/drafts/<uuid:public_id>/", import_draft.import_draft, name="import-draft"),
    path("imports/<uuid:public_id>/", imports.import_, name="import"),
    path("imports/<uuid:public_id>/rejections.csv", imports.rejections_csv, name="import-rejections"),
    path("items/", items.items, name="items"),
    path("items/<int:pk>/", items.item, name="item"),
    path("items/<int:pk>/restore/", items.item_restore, name="item-restore"),
    path("items/<int:pk>/set-aside/", items.item_set_aside, name="item-set-aside"),
    path("items/<int:pk>/ask-again/", items.item_ask_again, name="item-ask-again"),
    path("export/", export.export, name="export"),
    path("export/snapshots/", export.snapshots, name="snapshots"),
    path("export/snapshots/new/", export.snapshot_new, name="snapshot-new"),
    path("audit/", audit.project_audit, name="project-audit"),
    path("members/", members.members, name="members"),
    path("members/people/", people.people, name="people"),
    path("mine/", people.own, name="own-work"),
    path("members/add/", members.member_add, name="member-add"),
    path("members/<int:pk>/", member.member, name="member"),
    path("members/<int:pk>/pause/", member.member_pause, name="member-pause"),
    path("members/<int:pk>/resume/", member.member_resume, name="member-resume"),
    path("members/<int:pk>/role/", members.member_role, name="member-role"),
    path("members/<int:pk>/remove/", members.member_remove, name="member-remove"),
    path("members/invitations/new/", invitations.invitation_new, name="invitation-new"),
    path("members/invitations/<int:pk>/revoke/", invitations.invitation_revoke, name="invitation-revoke"),
    path("members/quarantine/", quarantine.quarantine_set, name="quarantine-set"),
    path("members/quarantine/<int:pk>/lift/", quarantine.quarantine_lift, name="quarantine-lift"),
    path("settings/", project_settings.settings, name="settings"),
    path("storage/", room.of_project, name="storage"),
]

urlpatterns = [
    path("", include("labeling.pages.annotate_urls")),
    path("", projects.projects, name="projects"),
    path("projects/new/", projects.project_new, name="project-new"),
    path("projects/preview/", projects.preview, name="preview"),
    path("p/<slug:slug>/", include(of_a_project)),
    path("sign-in/", account.SignIn.as_view(), name="sign-in"),
    path("join/", join.Join.as_view(), name="join"),
    path("sign-out/", account.SignOut.as_view(), name="sign-out"),
    path("password/", account.ChangePassword.as_view(), name="password"),
    path("tokens/", account.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", account.token_revoke, name="token-revoke"),
    path("tokens/revoke-all/", account.tokens_revoke_all, name="tokens-revoke-all"),
    path("audit/", audit.audit, name="audit"),
    path("storage/", room.of_installation, name="room"),
    path("help/", TemplateView.as_view(template_name="pages/help/index.html"), name="help"),
]
