"""Addresses of the pages."""

from django.urls import include, path

from learning.pages import (
    agreement,
    alerts,
    alike,
    callers,
    compare,
    item_map,
    mistakes,
    models,
    pairwise,
    predict,
    prediction_files,
    predictions,
    production,
    releases,
    runs,
    similar,
    suspected_errors,
)

app_name = "learning-pages"

project_urls = [
    path("runs/", runs.run_list, name="runs"),
    path("runs/<uuid:public_id>/", runs.run_detail, name="run"),
    path("predict/", predict.try_model, name="predict"),
    path("predictions/", predictions.prediction_list, name="predictions"),
    path("callers/", callers.caller_list, name="callers"),
    path("predictions/files/", prediction_files.prediction_files, name="prediction-files"),
    path("fragments/prediction-files/", prediction_files.prediction_files_fragment, name="fragment-prediction-files"),
    path("releases/", releases.release_list, name="releases"),
    path("models/", models.model_list, name="models"),
    path("models/compare/", compare.compare, name="compare"),
    path("models/<int:number>/", models.model_detail, name="model"),
    path("models/<int:number>/mistakes/", mistakes.mistakes, name="mistakes"),
    path("members/agreement/", agreement.agreement, name="agreement"),
    path("fragments/alike/", alike.alike_fragment, name="fragment-alike"),
    path("members/without/", alike.train_without, name="train-without"),
    path("suspected-errors/", suspected_errors.suspected_errors, name="suspected-errors"),
    path("map/", item_map.item_map, name="map"),
    path("map/points/", item_map.map_points, name="map-points"),
    path("map/colours/", item_map.map_colours, name="map-colours"),
    path("map/items/", item_map.map_items, name="map-items"),
    path("map/regions/", item_map.map_regions, name="map-regions"),
    path("map/groups/", item_map.map_groups, name="map-groups"),
    path("similar/", similar.similar, name="similar"),
    path("similar/<uuid:public_id>/", similar.similar_found, name="similar-found"),
    path("ranking/", pairwise.ranking, name="ranking"),
    path("alerts/<int:pk>/", alerts.alert_resolve, name="alert"),
    path("fragments/alerts/", alerts.alerts_fragment, name="fragment-alerts"),
    path("fragments/curve/", models.curve_fragment, name="fragment-curve"),
    path("fragments/runs/", runs.runs_fragment, name="fragment-runs"),
    path("fragments/production/", production.production_fragment, name="fragment-production"),
    path("fragments/model/", models.model_fragment, name="fragment-model"),
]

urlpatterns = [path("p/<slug:slug>/", include(project_urls))]
