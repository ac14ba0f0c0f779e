"""Addresses of the REST API."""

from django.urls import include, path

from labeling.api import (
    audit,
    auth,
    contexts,
    data_sets,
    gold,
    import_preview,
    imports,
    invitations,
    items,
    machines,
    people,
    predictions,
    projects,
    quarantines,
    reviews,
    schema,
)

app_name = "api"

project_urls = [
    path("", projects.ProjectDetail.as_view(), name="project"),
    path("labels/rename/", projects.LabelRenameView.as_view(), name="label-rename"),
    path("members/", projects.Members.as_view(), name="members"),
    path("members/<str:username>/", projects.MemberDetail.as_view(), name="member"),
    path("people/", people.PeopleView.as_view(), name="people"),
    path("people/me/", people.OwnWorkView.as_view(), name="own-work"),
    path("quarantines/", quarantines.Quarantines.as_view(), name="quarantines"),
    path("invitations/", invitations.Invitations.as_view(), name="invitations"),
    path("machines/", machines.Machines.as_view(), name="machines"),
    path("machines/<int:pk>/", machines.MachineDetail.as_view(), name="machine"),
    path("machines/<int:pk>/end/", machines.MachineEnd.as_view(), name="machine-end"),
    path("machines/<int:pk>/token/", machines.MachineTokens.as_view(), name="machine-token"),
    path("predictions/", predictions.Predictions.as_view(), name="predictions"),
    path("predictions/import/", predictions.PredictionImports.as_view(), name="predictions-import"),
    path("predictions/items/", predictions.ToPredict.as_view(), name="predictions-items"),
    path("reviews/", reviews.Reviews.as_view(), name="reviews"),
    path("reviews/<int:pk>/undo/", reviews.ReviewUndo.as_view(), name="review-undo"),
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("imports/preview/", import_preview.ImportPreview.as_view(), name="import-preview"),
    path("imports/<uuid:public_id>/", imports.ImportDetail.as_view(), name="import"),
    path("imports/<uuid:public_id>/certificate/", imports.ImportCertificate.as_view(), name="import-certificate"),
    path("imports/<uuid:public_id>/rejections/", imports.Rejections.as_view(), name="import-rejections"),
    path("items/", items.ItemsView.as_view(), name="items"),
    path("gold/", gold.GoldView.as_view(), name="gold"),
    path("gold/<int:pk>/", gold.GoldDetail.as_view(), name="gold-of-item"),
    path("contexts/", contexts.ContextsView.as_view(), name="contexts"),
    path("annotations/", items.Annotations.as_view(), name="annotations"),
    path("export/", data_sets.Export.as_view(), name="export"),
    path("snapshots/", data_sets.Snapshots.as_view(), name="snapshots"),
    path("metrics/", data_sets.Metrics.as_view(), name="metrics"),
    path("audit/", audit.ProjectAudit.as_view(), name="project-audit"),
    path("audit/export/", audit.ProjectAuditFile.as_view(), name="project-audit-file"),
]

urlpatterns = [
    path("", include("labeling.api.tasks_urls")),  # first: most requests are these
    path("schema/", schema.SchemaView.as_view(), name="schema"),
    path("docs/", schema.DocsView.as_view(), name="docs"),
    path("auth/token/", auth.TokenView.as_view(), name="auth-token"),
    path("audit/", audit.Audit.as_view(), name="audit"),
    path("audit/export/", audit.AuditFile.as_view(), name="audit-file"),
    path("projects/", projects.Projects.as_view(), name="projects"),
    path("projects/<slug:slug>/", include(project_urls)),
    path("items/<int:pk>/original/", items.Original.as_view(), name="item-original"),
    path("items/<int:pk>/preview/", items.Preview.as_view(), name="item-preview"),
    path("items/<int:pk>/set-aside/", contexts.ItemSetAside.as_view(), name="item-set-aside"),
    path("items/<int:pk>/restore/", contexts.ItemRestore.as_view(), name="item-restore"),
    path("quarantines/<int:pk>/lift/", quarantines.QuarantineLift.as_view(), name="quarantine-lift"),
    path("invitations/<int:pk>/revoke/", invitations.InvitationRevoke.as_view(), name="invitation-revoke"),
    path("contexts/<int:pk>/", contexts.ContextDetail.as_view(), name="context"),
    path("contexts/<int:pk>/set-aside/", contexts.ContextSetAside.as_view(), name="context-set-aside"),
    path("contexts/<int:pk>/restore/", contexts.ContextRestore.as_view(), name="context-restore"),
    path("snapshots/<uuid:public_id>/", data_sets.SnapshotDetail.as_view(), name="snapshot"),
    path("snapshots/<uuid:public_id>/file/", data_sets.SnapshotFile.as_view(), name="snapshot-file"),
    path(
        "snapshots/<uuid:public_id>/certificate/", data_sets.SnapshotCertificate.as_view(), name="snapshot-certificate"
    ),
    path("snapshots/<uuid:public_id>/schema/", data_sets.SnapshotSchema.as_view(), name="snapshot-schema"),
    path("snapshots/<uuid:public_id>/datasheet/", data_sets.SnapshotDatasheet.as_view(), name="snapshot-datasheet"),
]
