"""Addresses of the pages."""

from django.urls import URLPattern

app_name = "learning-pages"
urlpatterns: list[URLPattern] = []
