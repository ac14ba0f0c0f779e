"""Addresses of the pages."""

from importlib.util import find_spec

from django.urls import include, path
from django.views.generic import TemplateView

from labeling.pages import account, projects

app_name = "pages"
urlpatterns = [
    path("", projects.projects, name="projects"),
    path("sign-in/", account.SignIn.as_view(), name="sign-in"),
    path("sign-out/", account.SignOut.as_view(), name="sign-out"),
    path("password/", account.ChangePassword.as_view(), name="password"),
    path("tokens/", account.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", account.token_revoke, name="token-revoke"),
    path("help/", TemplateView.as_view(template_name="pages/help/index.html"), name="help"),
]

for _name in ("project", "imports", "items", "export", "members", "settings"):
    _route = "p/<slug:slug>/" + ("" if _name == "project" else f"{_name}/")
    urlpatterns.append(path(_route, TemplateView.as_view(template_name="pages/help/index.html"), name=_name))
urlpatterns.append(
    path("projects/new/", TemplateView.as_view(template_name="pages/help/index.html"), name="project-new")
)
if find_spec("labeling.pages.annotate_urls"):
    urlpatterns.append(path("", include("labeling.pages.annotate_urls")))
else:
    urlpatterns.append(
        path("p/<slug:slug>/annotate/", TemplateView.as_view(template_name="pages/help/index.html"), name="annotate")
    )
