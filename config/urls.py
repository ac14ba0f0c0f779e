"""Every address: pages, REST, admin. The apps name their own."""

from django.contrib import admin
from django.urls import include, path, re_path

from labeling.api.schema import NoSuchEndpoint

urlpatterns = [
    # what is asked most stands first: an address is looked for from the top
    path("api/v1/", include("labeling.api.urls", namespace="api")),
    path("api/v1/", include("learning.api.urls", namespace="learning-api")),
    re_path(r"^api/v1/(?P<rest>(?s:.*))$", NoSuchEndpoint.as_view()),  # a line break may be in it
    path("", include("labeling.pages.urls", namespace="pages")),
    path("", include("learning.pages.urls", namespace="learning-pages")),
    path("admin/", admin.site.urls),
]

handler500 = "config.errors.server_error"
