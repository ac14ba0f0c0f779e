"""axe-core finds nothing: the console with its forms and every page of ours, light and dark, wide and narrow."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.base import ContentFile
from django.http import HttpRequest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from playwright.sync_api import APIResponse

from labeling.models import BulkStep, ImportBatch, ImportDraft, Invitation, Item, Machine, Member, Project, User
from labeling.services.imports.drafts import keep_draft
from learning.models import ModelVersion, Run, SimilarSearch
from tests.e2e.axe import faults_of, findings
from tests.e2e.every_row import fill_every_table, pair_project, shown_models, text_project
from tests.e2e.shapes import with_something_new
from tests.factories import UserFactory


@pytest.fixture
def manager(site, monkeypatch) -> User:
    monkeypatch.setattr("labeling.services.jobs.enqueue.enqueue", lambda job, *args: True)
    return UserFactory(username="manager", is_staff=True, is_superuser=True)


@pytest.fixture
def projects(manager) -> list[Project]:
    """One of each family that learns, with one row at least in every table."""
    made = [text_project(manager), pair_project(manager)]
    fill_every_table()
    return made


def console_pages(manager: User) -> list[str]:
    """The console: list, form, history and confirmation of every table, to add a row; sorted and empty lists."""
    request, found = HttpRequest(), [reverse("admin:index"), reverse("admin:app_list", args=["labeling"])]
    request.user = manager
    for model in shown_models():
        console, row = admin.site._registry[model], model._default_manager.first()
        assert row is not None, f"{model.__name__} has no row whose form could be looked at"
        found.append(reverse(f"admin:{_name(model)}_changelist"))
        if console.has_add_permission(request):
            found.append(reverse(f"admin:{_name(model)}_add"))
        behind = ["change", "history"] + ["delete"] * console.has_delete_permission(request, row)
        found += [reverse(f"admin:{_name(model)}_{name}", args=[row.pk]) for name in behind]
    tasks, items = reverse("admin:labeling_task_changelist"), reverse("admin:labeling_item_changelist")
    return [
        *found[1:],
        found[0],
        f"{tasks}?o=1.-2",
        f"{items}?q=nothing",
        reverse("admin:auth_user_password_change", args=[manager.pk]),
    ]


def _name(model: Any) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def test_the_console(open_page, manager, projects):
    pages = list(asked(manager, console_pages(manager)))
    assert len(pages) > 15
    new = with_something_new(pages)
    assert faults_of(open_page(manager, "/healthz"), new, met_before=["#nav-sidebar", "#header"]) == {}


def asked(person: User, addresses: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The addresses with their pages; those that are no page are left out."""
    client = Client()
    client.force_login(person)
    for address in addresses:
        answer = client.get(address)
        if answer.status_code == 200 and not answer.streaming and _is_page(answer.content):
            yield address, answer.content.decode()


def test_the_console_in_a_theme_that_was_chosen(open_page, manager):
    """The switch puts the theme on the document, where rules of Django's outweigh those for the system's theme."""
    form = reverse("admin:labeling_user_change", args=[manager.pk])
    page = open_page(manager, form)
    for chosen in ("light", "dark"):
        page.evaluate("(chosen) => localStorage.setItem('theme', chosen)", chosen)
        page.goto(form)
        assert page.evaluate("document.documentElement.dataset.theme") == chosen
        assert list(findings(page)) == []


def test_a_form_that_was_refused_can_be_read(open_page, manager):
    page = open_page(manager, reverse("admin:labeling_user_add"))
    page.locator("input[name=_save]").click()
    page.locator(".errornote").wait_for()
    assert list(findings(page)) == []


def test_the_fields_of_a_choice_among_many_say_what_they_are_for(open_page, manager):
    """Their only name is an icon's, which Django hides on a phone."""
    page = open_page(
        manager, reverse("admin:labeling_user_change", args=[manager.pk]), viewport={"width": 390, "height": 800}
    )
    for field in ("groups", "user_permissions"):
        assert "filter down the list" in page.locator(f"#id_{field}_input").get_attribute("aria-label")


def routes(
    patterns: list[Any], spaces: tuple[str, ...] = (), keys: frozenset[str] = frozenset()
) -> Iterator[tuple[str, frozenset[str]]]:
    """Name of every address of our pages, and what it needs."""
    for pattern in patterns:
        needed = keys | set(pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            yield from routes(
                pattern.url_patterns, (*spaces, pattern.namespace) if pattern.namespace else spaces, needed
            )
        elif spaces in (("pages",), ("learning-pages",)):
            yield f"{spaces[0]}:{pattern.name}", needed


def arguments(name: str, project: Project) -> dict[str, Any]:
    """What may stand in the addresses of a project's pages."""
    rows = {
        "pages:import": ImportBatch,
        "pages:import-rejections": ImportBatch,
        "pages:import-draft": ImportDraft,
        "learning-pages:run": Run,
        "learning-pages:similar-found": SimilarSearch,
        "pages:member": Member,
        "pages:invitation-revoke": Invitation,
        "pages:items-bulk-undo": BulkStep,
        "pages:machine": Machine,
        "pages:machine-end": Machine,
        "pages:machine-token": Machine,
    }
    row = rows.get(name, Item).objects.filter(project=project).first()
    version = ModelVersion.objects.filter(project=project).first()
    return {
        "slug": project.slug, "pk": row and row.pk, "public_id": getattr(row, "public_id", None),
        "number": version and version.number,
    }  # fmt: skip


#: Pages that say more when they are asked for something.
QUERIES = {"learning-pages:compare": "?models=1,2"}


def own_pages(manager: User, projects: list[Project], ask: Callable[[str], APIResponse]) -> list[tuple[str, str]]:
    """Every page of the URL conf, found by asking: without what only takes orders, parts of pages, and files.

    A page that one project does not have, the other one has.
    """
    pages = []
    for project in projects:
        file = ContentFile(b"sentence,intent\nplease book me a flight,travel\n")
        keep_draft(manager, project, file=file, file_name="intents.csv")
    for name, needed in routes(get_resolver().url_patterns):
        given = [{key: arguments(name, project)[key] for key in needed} for project in projects]
        addresses = {reverse(name, kwargs=some) for some in given if None not in some.values()}
        addresses |= {f"{address}{QUERIES[name]}" for address in addresses if name in QUERIES}
        answers = {address: ask(address) for address in addresses}
        codes = {answer.status for answer in answers.values()}
        can_be_seen = 200 in codes or codes == {405} or name == "pages:sign-in"
        assert can_be_seen, f"{name} cannot be looked at: {codes or 'no row for it'}"
        bodies = {address: answer.body() for address, answer in answers.items() if answer.status == 200}
        pages += [(address, body.decode()) for address, body in bodies.items() if _is_page(body)]
    return sorted(pages)


def _is_page(body: bytes) -> bool:
    return b"<!doctype html>" in body[:200].lower()


def test_our_own_pages(site, open_page, manager, projects):
    """The server that has shown them all with their parts has loaded none of what learns: that is the workers'."""
    page = open_page(manager, "/healthz")
    pages = own_pages(manager, projects, partial(page.request.get, max_redirects=0))
    assert len(pages) > 25
    assert faults_of(page, with_something_new(pages)) == {}
    assert site.loaded("scipy", "sklearn", "orjson") == {"orjson"}


def test_the_page_to_sign_in(open_page):
    assert faults_of(open_page(None, "/healthz"), [reverse("pages:sign-in")]) == {}


def one_call_of_each_method(route):
    answer = route.fetch()
    schema, kept = answer.json(), {}
    for path, calls in schema["paths"].items():
        for method in calls:
            kept.setdefault(method, path)
    schema["paths"] = {path: {method: schema["paths"][path][method]} for method, path in kept.items()}
    route.fulfill(response=answer, json=schema)


def test_the_page_of_the_rest_api(open_page):
    """Swagger UI 5.33 draws some 140 calls only where they are in view: it is given one of each method."""
    page = open_page(None, "/healthz")
    page.route("**/api/v1/schema/", one_call_of_each_method)
    page.goto(page.url.replace("/healthz", reverse("api:docs")))
    page.locator(".opblock").nth(4).wait_for()
    again = """(blocks) => blocks.forEach((block, number) => {
        if (blocks.findIndex((other) => other.className === block.className) !== number) block.remove();
    })"""
    page.locator(".json-schema-2020-12").evaluate_all(again)  # one of each looks like all
    assert page.locator(".opblock").count() == 5
    assert list(findings(page)) == []


def test_a_planted_fault_is_found_in_the_look_that_has_it(open_page):
    page = open_page(None, reverse("pages:sign-in"))
    page.evaluate("""() => {
        const [picture, words] = [document.createElement("img"), document.createElement("p")];
        const dark = new CSSStyleSheet();
        dark.replaceSync("@media (prefers-color-scheme: dark) { #planted { color: #333; } }");
        document.adoptedStyleSheets = [dark];
        words.id = "planted"; words.textContent = "Cannot be read at night."; words.style.width = "600px";
        document.querySelector("main").append(picture, words);
    }""")
    assert [found.split(" <")[0] for found in findings(page)] == [
        "light 1280: critical image-alt", "light 390: 226 pixels wider than the window",
        "dark 1280: serious color-contrast", "dark 390: serious color-contrast",
        "dark 390: 226 pixels wider than the window",
    ]  # fmt: skip


def test_a_page_is_looked_at_again_only_for_something_new():
    def row(cell: str) -> str:
        return f'<main><p class="note column-name"><input type="text"><b>x</b></p>{cell}</main>'

    pages = [
        ("first", row("")), ("same", row("")), ("other words", row("").replace(">x<", ">y<").replace("-name", "-size")),
        ("a kind of field", row('<p class="note"><input type="radio"></p>')),
        ("in another place", row("<b>x</b>")),
    ]  # fmt: skip
    assert list(with_something_new(pages[:3])) == ["first"]
    assert list(with_something_new(pages)) == ["a kind of field", "in another place"]  # what the first has is on them
