"""The pages in a real browser: nothing sticks out, no violation of the policy, and what the small scripts do."""

import re

import pytest
from django.urls import reverse

from labeling.models import ImportBatch, Instructions, Member, Project, Role, User
from labeling.selectors.export import Filters, export_rows
from labeling.services.imports import run_import
from tests.e2e.site import wait_until
from tests.factories import UserFactory, make_answer, make_items, make_project

WIDE_TABLE = "# Read\n\n| a | b |\n|---|---|\n| " + "y" * 90 + " | 2 |"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def manager(site) -> User:
    return UserFactory(username="a-manager-with-a-rather-long-name", is_staff=True, is_superuser=True)


@pytest.fixture
def project(manager) -> Project:
    """A project in which something has happened, with words that are hard to fit."""
    project = make_project(slug="sms", name="Messages " + "x" * 60, manager=manager, purpose="w" * 90)
    Instructions.objects.create(
        project=project, number=1, text="# Read\n\n| a | b |\n|---|---|\n| " + "y" * 90 + " | 2 |"
    )
    Project.objects.filter(pk=project.pk).update(instructions_version=1, overlap=2)
    items = make_items(project, ["free prize " * 12, "https://example.org/" + "z" * 120, "see you"])
    make_answer(items[0], manager, {"label": "spam"}, strategy="margin", model_version=3)
    Member.objects.create(project=project, user=UserFactory(username="ben"), role=Role.ANNOTATOR)
    batch = ImportBatch.objects.create(
        project=project, format="csv", path="", state="done", file_name="f" * 120, rejected=2
    )
    batch.rejections.create(row=3, name="n" * 100, field="label", reason="'" + "u" * 80 + "' is not in the label set.")
    return project


def addresses(project: Project) -> list[str]:
    item, batch = project.items.first(), project.imports.first()
    names = ["project", "items", "imports", "export", "members", "people", "own-work", "settings"]
    return [
        reverse("pages:projects"), reverse("pages:project-new"), reverse("pages:tokens"), reverse("pages:password"),
        reverse("pages:help"), *(reverse(f"pages:{name}", args=[project.slug]) for name in names),
        reverse("learning-pages:agreement", args=[project.slug]),
        reverse("pages:item", args=[project.slug, item.pk]),
        reverse("pages:import", args=[project.slug, batch.public_id]),
    ]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(manager, project, open_page, scheme):
    page = open_page(manager, "/", viewport=PHONE, color_scheme=scheme)
    too_wide = {}
    for address in addresses(project):
        page.goto(address)
        too_wide[address] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert {address: pixels for address, pixels in too_wide.items() if pixels > 0} == {}


def test_everything_to_press_on_a_phone_is_large_enough(manager, project, open_page):
    page = open_page(manager, "/", viewport=PHONE)
    for address in addresses(project):
        page.goto(address)
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, .button, select, input:not([type=hidden]), summary")]
              .filter((control) => control.checkVisibility())
              .map((control) => [control.closest("label") ?? control, control])
              .filter(([target]) => target.getBoundingClientRect().height < 24)
              .map(([, control]) => control.outerHTML.slice(0, 120))"""
        )
        assert small == [], address


def test_the_administration_runs_under_the_strict_policy(manager, project, open_page):
    page = open_page(manager, "/admin/")
    for model in ("task", "annotation", "project", "importbatch", "item"):
        page.goto(f"/admin/labeling/{model}/")
        assert page.locator("#changelist").is_visible()
    page.goto(f"/admin/labeling/project/{project.pk}/change/")
    page.goto(f"/admin/labeling/user/{manager.pk}/change/")
    assert page.locator("#id_username").input_value() == manager.username


def test_the_theme_is_kept(manager, open_page):
    page = open_page(manager, "/", color_scheme="light")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    before = page.evaluate(paper)
    page.locator("[data-theme-toggle]").click()
    dark = page.evaluate(paper)
    assert dark != before
    page.goto("/help/")
    assert page.evaluate(paper) == dark
    page.locator("[data-theme-toggle]").click()
    assert page.evaluate(paper) == before


def test_keyboard_reaches_the_content_first(manager, open_page):
    page = open_page(manager, "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_a_menu_closes_with_escape(manager, open_page):
    page = open_page(manager, "/")
    summary = page.locator("details[data-menu] > summary")
    summary.click()
    assert page.get_by_role("link", name="API tokens").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("link", name="API tokens").is_visible()
    assert summary.evaluate("element => element === document.activeElement")


def test_labels_are_edited_in_rows_and_as_text(manager, open_page):
    page = open_page(manager, "/projects/new/")
    page.locator("#id_name").fill("Waste")
    page.get_by_text("Images", exact=False).first.click()
    page.get_by_label("Name of label 1").fill("glass")
    page.get_by_label("Key of label 1").fill("g")
    page.get_by_label("Name of label 2").fill("paper")
    page.get_by_label("Name of label 2").press("Enter")
    page.get_by_label("Name of label 3").fill("trash")
    page.get_by_role("button", name="Remove label 2").click()
    page.get_by_role("button", name="Edit as text").click()
    assert page.locator("#id_labels").input_value() == "glass [g]\ntrash"
    page.locator("#id_labels").fill("glass [g]\ntrash\nmetal")
    page.get_by_role("button", name="Edit as rows").click()
    assert page.get_by_label("Name of label 3").input_value() == "metal"
    page.get_by_role("button", name="Create project").click()
    page.wait_for_url("**/p/waste/imports/")
    labels = Project.objects.get(slug="waste").labels.values_list("name", "hotkey")
    assert dict(labels)["glass"] == "g"
    assert [name for name, _ in labels] == ["glass", "trash", "metal"]


def test_a_project_is_created_without_any_script(manager, open_page):
    page = open_page(manager, "/projects/new/", java_script_enabled=False)
    page.locator("#id_name").fill("Plain")
    page.locator("input[name=modality][value=text]").check()
    page.locator("#id_labels").fill("ham\nspam")
    page.get_by_role("button", name="Create project").click()
    page.wait_for_url("**/p/plain/imports/")
    assert Project.objects.get(slug="plain").labels.count() == 2


def test_instructions_are_previewed(manager, project, open_page):
    page = open_page(manager, "/p/sms/settings/")
    page.locator("#id_instructions").fill("**Bold** words")
    page.get_by_role("button", name="Preview").click()
    page.locator("#instructions-preview strong").wait_for()
    assert page.locator("#instructions-preview strong").text_content() == "Bold"


def test_a_dropped_file_is_imported_and_watched(manager, project, open_page, tmp_path):
    file = tmp_path / "new.csv"
    file.write_text("text,label\none more,ham\nanother,unheard-of\n")
    page = open_page(manager, "/p/sms/imports/")
    page.locator("#id_file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    page.wait_for_url("**/p/sms/imports/*-*/")
    batch = ImportBatch.objects.get(file_name="new.csv")
    assert page.locator("#progress .badge").text_content() == "queued"
    run_import(batch.pk)
    page.get_by_text("2 rows read.").wait_for()
    page.get_by_role("link", name="See the rejected rows and why").click()
    page.get_by_role("heading", name="Rejected rows").wait_for()
    assert "unheard-of" in page.locator("table").text_content()


def test_a_refused_file_says_so_and_can_be_replaced(manager, project, open_page, tmp_path):
    file = tmp_path / "page.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n not a table")
    page = open_page(manager, "/p/sms/imports/")
    page.locator("#id_file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    page.locator("[data-drop-status].note--error").wait_for()
    assert page.locator("[data-drop-status]").text_content().strip()
    assert page.get_by_role("button", name="Import").is_enabled()
    assert page.url.endswith("/p/sms/imports/")


def test_the_export_follows_the_form(manager, project, open_page):
    page = open_page(manager, "/p/sms/export/")
    page.get_by_text("CSV").click()
    page.get_by_text("one row an item").click()
    wait_until(lambda: "rows=items" in page.locator("#curl-command").text_content(), 5, "the command to follow")
    assert "format=csv" in page.locator("#curl-command").text_content()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "sms-items.csv"
    assert "spam" in download.value.path().read_text()


def test_the_command_is_copied(manager, project, open_page):
    page = open_page(manager, "/p/sms/export/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("curl -H")


def test_removing_a_member_asks_once(manager, project, open_page):
    page = open_page(manager, "/p/sms/members/")
    row = page.locator("tr", has_text="ben")
    row.locator("summary").click()
    assert Member.objects.filter(user__username="ben").exists()
    page.get_by_role("button", name="Remove ben").click()
    page.get_by_text("ben is out of the project.").wait_for()
    assert not Member.objects.filter(user__username="ben").exists()


def test_a_session_that_ended_leads_to_the_sign_in_page(manager, project, open_page):
    batch = project.imports.first()
    ImportBatch.objects.filter(pk=batch.pk).update(state="running")
    page = open_page(manager, f"/p/sms/imports/{batch.public_id}/")
    page.locator("#progress .badge").wait_for()
    page.context.clear_cookies()
    page.wait_for_url(lambda url: "/sign-in/?next=/p/sms/imports/" in url)
    assert page.get_by_role("button", name="Sign in").is_visible()


def test_a_fragment_that_fails_says_so(manager, project, open_page):
    page = open_page(manager, "/help/")
    page.route("**/fragments/**", lambda route: route.fulfill(status=500, body="broken"))
    page.goto("/p/sms/")
    page.get_by_text("This could not be loaded.").first.wait_for()


def test_an_import_is_seen_on_the_card_and_on_the_project_page_until_it_is_done(manager, project, open_page):
    fresh = make_project(slug="fresh", name="Fresh", manager=manager)
    batch = ImportBatch.objects.create(project=fresh, format="csv", path="", state="running", total=40, accepted=10)
    cards = open_page(manager, "/")
    card = cards.locator("li.project-card", has_text="Fresh")
    card.get_by_text("Importing: 10 of 40 rows read").wait_for()
    assert card.get_by_role("link", name="Import").count() == 0
    page = open_page(manager, "/p/fresh/")
    page.locator("#importing").get_by_text("10 of 40 rows read").wait_for()
    assert page.get_by_text("Items are being imported.").is_visible()
    make_items(fresh, ["one", "two"])
    ImportBatch.objects.filter(pk=batch.pk).update(accepted=20)
    page.get_by_role("link", name="Start labeling").wait_for()
    page.locator("#importing").get_by_text("20 of 40 rows read").wait_for()
    ImportBatch.objects.filter(pk=batch.pk).update(state="done", accepted=40)
    page.locator("#importing").wait_for(state="detached")
    card.get_by_text("0 of 2 items labeled").wait_for()
    card.get_by_role("link", name="Label").wait_for()


def test_a_new_project_asks_for_its_labels_unless_they_come_with_the_items(manager, open_page):
    page = open_page(manager, "/projects/new/")
    page.locator("#id_name").fill("Waste")
    page.locator("input[name=modality][value=text]").check()
    page.get_by_label("The labels come with the items").uncheck()
    page.get_by_role("button", name="Create project").click()
    page.get_by_text("Give the labels to choose from").wait_for()
    assert page.get_by_text("One label alone finds more like it").is_visible()
    page.get_by_label("The labels come with the items").check()
    page.get_by_role("button", name="Create project").click()
    page.wait_for_url("**/p/waste/imports/")


def test_keys_lead_everywhere(manager, project, open_page):
    """Letters go, walk and search; the palette finds a page, an item by a word and a project by its initials."""
    make_project(slug="waste", name="Waste photos", manager=manager)
    page = open_page(manager, "/p/sms/")
    keys = page.keyboard
    for pressed, address in (("gi", "/p/sms/items/"), ("gu", "/p/sms/runs/"), ("gh", "/")):
        keys.type(pressed)
        page.wait_for_url(re.compile(rf":\d+{address}$"))
    keys.press("j")
    assert page.evaluate("document.activeElement.textContent").startswith("Messages")
    keys.press("Enter")
    page.wait_for_url("**/p/sms/")
    keys.press("Control+k")
    palette = page.locator("#palette")
    keys.type("wp")
    palette.get_by_role("option", name="Waste photos").wait_for()
    palette.get_by_role("combobox").fill("imp")
    keys.press("Enter")
    page.wait_for_url("**/p/sms/imports/")
    keys.press("Control+k")
    keys.type("prize")
    palette.get_by_role("option", name="free prize").wait_for()
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/p/sms/items/\d+/$"))
    keys.press("?")
    sheet = page.locator("#page-keys")
    assert "find anything by name" in sheet.inner_text()
    sheet.get_by_label("Keys of one letter work").uncheck()
    keys.press("Escape")
    keys.type("gu")
    keys.press("Control+k")
    palette.wait_for()
    assert page.url.endswith(f"/p/sms/items/{project.items.first().pk}/")  # letters rest, chords work
    page.goto("/p/sms/items/")
    keys.press("j")
    assert page.evaluate("document.activeElement === document.body")


def test_items_are_labeled_together_corrected_and_undone_by_keys(manager, project, open_page):
    def labels():
        rows = export_rows(project, "items", Filters())
        return {row["external_id"]: row["label"] for row in rows}

    before = labels()
    page = open_page(manager, "/p/sms/items/")
    page.keyboard.press("?")
    told = page.locator("#page-keys").inner_text()
    assert all(
        words in told for words in ("label ham", "label spam", "select up to it", "undo", "next and previous row")
    )
    assert page.evaluate("document.activeElement.tagName") == "H2"  # what comes first is in sight
    page.keyboard.press("Escape")
    for key in ("j", "j", "x", "j", "Shift+X"):  # the first one the manager alone has answered: not his to decide
        page.keyboard.press(key)
    assert page.locator("[data-count]").inner_text() == "2"
    page.keyboard.press("?")
    page.locator("#page-keys").wait_for()
    page.evaluate("document.activeElement.blur()")  # as a click beside its buttons does
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.locator("[data-step]", has_text="labeled ham").wait_for()
    assert labels() == {**before, "row-1": "ham", "row-2": "ham"}
    page.keyboard.press("u")
    page.locator("[data-step]", has_text="2 items as before").wait_for()
    assert labels() == before
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.type("g1")  # a slip on the way elsewhere
    page.keyboard.press("2")
    said = page.locator("[data-said]")
    said.filter(has_text="row-1 labeled spam").wait_for()
    assert labels() == {**before, "row-1": "spam"}
    page.keyboard.press("u")
    said.filter(has_text="as before").wait_for()
    assert labels() == before
