"""Addresses of the REST API."""

from django.urls import path

from learning.api import (
    alerts,
    alike,
    callers,
    compare,
    distillations,
    feedback,
    item_map,
    models,
    pairwise,
    predict,
    prediction_files,
    production,
    releases,
    runs,
    similar,
    suspected_errors,
    without,
)

app_name = "learning-api"
urlpatterns = [
    path("projects/<slug:slug>/predict/", predict.Predict.as_view(), name="predict"),
    path("projects/<slug:slug>/predictions/served/", predict.ServedPredictions.as_view(), name="served-predictions"),
    path("projects/<slug:slug>/feedback/", feedback.PredictionFeedbackView.as_view(), name="feedback"),
    path("projects/<slug:slug>/production/", production.Production.as_view(), name="production"),
    path(
        "projects/<slug:slug>/predictions/files/", prediction_files.PredictionFiles.as_view(), name="prediction-files"
    ),
    path(
        "projects/<slug:slug>/predictions/files/<uuid:public_id>/",
        prediction_files.PredictionFileDetail.as_view(),
        name="prediction-file",
    ),
    path(
        "projects/<slug:slug>/predictions/files/<uuid:public_id>/cancel/",
        prediction_files.PredictionFileCancel.as_view(),
        name="prediction-file-cancel",
    ),
    path(
        "projects/<slug:slug>/predictions/files/<uuid:public_id>/result/",
        prediction_files.PredictionFileResult.as_view(),
        name="prediction-file-result",
    ),
    path("projects/<slug:slug>/predictions/callers/", callers.Callers.as_view(), name="callers"),
    path("projects/<slug:slug>/predictions/callers/<int:pk>/stop/", callers.CallerStop.as_view(), name="caller-stop"),
    path(
        "projects/<slug:slug>/predictions/callers/<int:pk>/allow/", callers.CallerAllow.as_view(), name="caller-allow"
    ),
    path("projects/<slug:slug>/releases/", releases.Releases.as_view(), name="releases"),
    path("projects/<slug:slug>/releases/<int:number>/", releases.ReleaseDetail.as_view(), name="release"),
    path(
        "projects/<slug:slug>/releases/<int:number>/promote/", releases.ReleasePromote.as_view(), name="release-promote"
    ),
    path(
        "projects/<slug:slug>/releases/<int:number>/roll-back/",
        releases.ReleaseRollBack.as_view(),
        name="release-roll-back",
    ),
    path("projects/<slug:slug>/runs/", runs.Runs.as_view(), name="runs"),
    path("projects/<slug:slug>/models/", models.Models.as_view(), name="models"),
    path("projects/<slug:slug>/models/compare/", compare.Compare.as_view(), name="compare"),
    path("projects/<slug:slug>/distillations/", distillations.Distillations.as_view(), name="distillations"),
    path("projects/<slug:slug>/rollback/", models.Rollback.as_view(), name="rollback"),
    path("projects/<slug:slug>/queue/", models.Queue.as_view(), name="queue"),
    path("projects/<slug:slug>/scores/", pairwise.Scores.as_view(), name="scores"),
    path("projects/<slug:slug>/suspected-errors/", suspected_errors.SuspectedErrors.as_view(), name="suspected-errors"),
    path(
        "projects/<slug:slug>/suspected-errors/ask-again/",
        suspected_errors.SuspectedErrorsAskAgain.as_view(),
        name="suspected-errors-ask-again",
    ),
    path(
        "projects/<slug:slug>/suspected-errors/keep/",
        suspected_errors.SuspectedErrorsKeep.as_view(),
        name="suspected-errors-keep",
    ),
    path("projects/<slug:slug>/map/", item_map.MapView.as_view(), name="map"),
    path("projects/<slug:slug>/map/places/", item_map.MapPlaces.as_view(), name="map-places"),
    path("projects/<slug:slug>/map/groups/", item_map.MapGroups.as_view(), name="map-groups"),
    path("projects/<slug:slug>/similar/", similar.Similar.as_view(), name="similar"),
    path("projects/<slug:slug>/similar/<uuid:public_id>/", similar.SimilarFound.as_view(), name="similar-found"),
    path("projects/<slug:slug>/people/alike/", alike.AlikeView.as_view(), name="people-alike"),
    path("projects/<slug:slug>/people/without/", without.WithoutView.as_view(), name="people-without"),
    path("projects/<slug:slug>/alerts/", alerts.Alerts.as_view(), name="alerts"),
    path("alerts/<int:pk>/resolve/", alerts.AlertResolve.as_view(), name="alert-resolve"),
    path("runs/<uuid:public_id>/", runs.RunDetail.as_view(), name="run"),
    path("runs/<uuid:public_id>/cancel/", runs.RunCancel.as_view(), name="run-cancel"),
    path("models/<int:pk>/", models.ModelDetail.as_view(), name="model"),
    path("models/<int:pk>/promote/", models.ModelPromote.as_view(), name="model-promote"),
    path("models/<int:pk>/pin/", models.ModelPin.as_view(), name="model-pin"),
    path("models/<int:pk>/distil/", distillations.ModelDistil.as_view(), name="model-distil"),
    path("models/<int:pk>/stand-in/", distillations.ModelStandIn.as_view(), name="model-stand-in"),
]
