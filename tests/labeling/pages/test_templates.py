"""What every page must keep: a strict policy, no inline script or style, the frame of a document."""

import re

import pytest
from csp.constants import NONCE
from csp.decorators import csp_exempt, csp_update
from csp.exceptions import CSPNonceError
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from config.content_policy import ContentPolicyMiddleware

TEMPLATES = sorted(path for path in (settings.BASE_DIR / "templates").rglob("*.html"))
INLINE = re.compile(
    r"""\sstyle=|\son[a-z]+=["']|<style|hx-on|=["']javascript:|<script(?![^>]*(?:\bsrc=|type="application/json"))""",
    re.IGNORECASE,
)
BAD = [
    '<p style="x">', '<a onclick="x">', "<script>x</script>", "<style>", '<b hx-on:a="x">', "<a href='javascript:'>",
]  # fmt: skip


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR / "templates")))
def test_nothing_inline_and_nothing_from_elsewhere(path):
    text = path.read_text()
    assert not INLINE.findall(text)
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", text)


@pytest.mark.parametrize("bad", BAD)
def test_the_guard_finds_what_it_is_for(bad):
    assert INLINE.findall(bad)


def test_policy_has_no_unsafe_word(client, db):
    policy = client.get("/sign-in/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


@pytest.mark.parametrize("address", ["/", "/p/sms/", "/p/sms/items/", "/p/sms/export/", "/p/sms/settings/", "/help/"])
def test_landmarks(address, project, people, browser_of):
    page = browser_of(people.manager).get(address).content.decode()
    assert page.count("<h1") == 1
    assert page.count("<main") == 1
    assert 'href="#content"' in page
    assert '<html lang="en">' in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_not_found_is_a_page_of_ours(project, people, browser_of):
    response = browser_of(people.stranger).get("/p/sms/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
    assert "SMS" not in response.content.decode()


def test_not_allowed_says_so(project, people, browser_of):
    response = browser_of(people.annotator).get("/p/sms/items/")
    assert response.status_code == 403
    assert "Your role in this project (annotator) does not allow this." in response.content.decode()


def test_csrf_failure_is_a_page_of_ours(people):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "This page was open too long" in response.content.decode()


def _answered(view):
    """The request and the answer by our middleware and by the library's own."""
    for middleware in (ContentPolicyMiddleware, CSPMiddleware):
        request = RequestFactory().get("/static/x")
        yield request, middleware(lambda request: view(request))(request)


def _headers(answer):
    found = {name: sorted(value.split("; ")) for name, value in answer.headers.items()}
    return {name: value for name, value in found.items() if name.startswith("Content-Security")}


def plain(request):
    return HttpResponse()


def with_nonce(request):
    return HttpResponse(f"<script nonce='{request.csp_nonce}'>")


@csp_update({"img-src": ["example.org"]})
def with_more(request):
    return HttpResponse()


@csp_exempt()
def without(request):
    return HttpResponse()


def with_its_own(request):
    return HttpResponse(headers={"Content-Security-Policy": "default-src 'none'"})


def missing(request):
    return HttpResponse(status=404)


VIEWS = [plain, with_more, without, with_its_own, missing]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("given", ["ours", "a second one that only reports", "not below an address", "DEBUG"])
def test_the_remembered_policy_is_the_librarys(settings, view, given):
    if given == "a second one that only reports":
        settings.CONTENT_SECURITY_POLICY_REPORT_ONLY = {"DIRECTIVES": {"img-src": ["'none'"]}}
    if given == "not below an address":
        settings.CONTENT_SECURITY_POLICY = {**settings.CONTENT_SECURITY_POLICY, "EXCLUDE_URL_PREFIXES": ["/static/"]}
    settings.DEBUG = given == "DEBUG"
    (_, ours), (_, theirs) = _answered(view)
    assert _headers(ours) == _headers(theirs)
    if view is plain and given in ("ours", "DEBUG"):
        assert _headers(ours)["Content-Security-Policy"]


def test_a_nonce_reaches_the_policy(settings):
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"script-src": ["'self'", NONCE]}}
    for _, answer in _answered(with_nonce):
        nonce = answer.content.decode().split("'")[1]
        assert f"'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]


def test_a_nonce_asked_for_too_late_is_refused():
    for request, _ in _answered(plain):
        with pytest.raises(CSPNonceError):
            str(request.csp_nonce)
