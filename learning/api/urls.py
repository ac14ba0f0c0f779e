"""Addresses of the REST API."""

from django.urls import URLPattern

app_name = "learning-api"
urlpatterns: list[URLPattern] = []
