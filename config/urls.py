"""Every address: pages, REST, admin. The apps name their own."""

from django.contrib import admin
from django.urls import include, path

from labeling.api.schema import NoSuchEndpoint

urlpatterns = [
    path("", include("labeling.pages.urls", namespace="pages")),
    path("", include("learning.pages.urls", namespace="learning-pages")),
    path("api/v1/", include("labeling.api.urls", namespace="api")),
    path("api/v1/", include("learning.api.urls", namespace="learning-api")),
    path("api/v1/<path:rest>", NoSuchEndpoint.as_view()),
    path("admin/", admin.site.urls),
]
