"""Addresses of the annotation page."""

from django.urls import path

from labeling.pages import annotate

urlpatterns = [
    path("p/<slug:slug>/annotate/", annotate.annotate, name="annotate"),
    path("p/<slug:slug>/annotate/state/", annotate.annotate_state, name="annotate-state"),
]
