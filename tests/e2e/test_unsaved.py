"""What was typed is saved, or asked about: never lost without a word."""

import pytest

from labeling.models import ApiToken, Project, Role
from labeling.services.projects.manage import set_member
from tests.factories import UserFactory, make_project

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def manager(site):
    return UserFactory(username="mia", is_superuser=True)


@pytest.fixture
def project(manager) -> Project:
    return make_project(slug="sms", name="SMS", manager=manager)


@pytest.fixture
def asked(open_page, manager):
    """``asked(path, answer)`` opens the page; its ``questions`` are the dialogs that came, each answered so."""

    def open_(path, answer=True, **options):
        page = open_page(manager, path, **options)
        page.questions = []

        def reply(dialog):
            page.questions.append(dialog.type)
            dialog.accept() if answer else dialog.dismiss()

        page.on("dialog", reply)
        return page

    return open_


def words(page) -> str:
    return page.locator("[data-words]").inner_text().strip()


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, PHONE], ids=["wide", "phone"])
def test_one_save_keeps_the_edits_of_every_part_and_says_so_where_one_is(asked, project, viewport):
    page = asked("/p/sms/settings/", viewport=viewport)
    assert words(page) == "Everything is saved."
    assert page.get_by_role("button", name="Save", exact=True).is_disabled()
    page.locator("#id_name").fill("Messages")
    page.get_by_label("Name of label 2").fill("junk")
    page.locator("#id_instructions").fill("Read twice.")
    page.locator("#id_overlap").fill("2")
    assert words(page) == "Not saved yet: Name, Labels, Instructions and 1 more"
    before = page.evaluate("scrollY")
    assert before > 100
    bar = page.locator(".save-bar").bounding_box()
    assert bar["y"] + bar["height"] <= viewport["height"], "the bar is in view wherever one is"
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved: name, labels, instructions, asking and learning.").wait_for()
    assert page.locator("[data-words]").evaluate("words => words.getBoundingClientRect().bottom <= innerHeight")
    assert abs(page.evaluate("scrollY") - before) < 100, "one stays where one was"
    assert page.questions == []
    project.refresh_from_db()
    assert (project.name, project.overlap, project.instructions_version) == ("Messages", 2, 1)
    assert [label.name for label in project.labels.in_use()] == ["ham", "junk"]


def test_an_error_loses_nothing_and_is_mended_without_typing_again(asked, project):
    page = asked("/p/sms/settings/")
    page.locator("#id_purpose").fill("For a filter.")
    page.locator("#id_overlap").fill("0")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".errorlist").wait_for()
    page.locator("[data-words]", has_text="Not saved: Purpose, Answers per item").wait_for()
    assert page.locator("#id_purpose").input_value() == "For a filter."
    page.locator("#id_overlap").fill("3")
    page.keyboard.press("Control+s")
    page.get_by_text("Saved: purpose, asking and learning.").wait_for()
    project.refresh_from_db()
    assert (project.purpose, project.overlap) == ("For a filter.", 3)


def test_leaving_with_something_typed_asks(asked, project):
    page = asked("/p/sms/settings/", answer=False)
    page.locator("#id_name").press_sequentially("x")
    page.get_by_role("link", name="Items").click()
    page.wait_for_function("() => true")
    assert page.questions == ["beforeunload"]
    assert page.url.endswith("/settings/")
    page.get_by_role("button", name="Discard").click()
    page.wait_for_function("() => document.querySelector('[data-words]').textContent.includes('Everything is saved')")
    assert page.locator("#id_name").input_value() == "SMS"
    page.get_by_role("link", name="Items").click()
    page.wait_for_url("**/items/")
    assert page.questions == ["beforeunload"]


def test_what_somebody_else_saved_meanwhile_is_kept(asked, project):
    page = asked("/p/sms/settings/")
    Project.objects.filter(pk=project.pk).update(overlap=4)
    page.locator("#id_name").fill("Messages")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved: name.").wait_for()
    project.refresh_from_db()
    assert (project.name, project.overlap) == ("Messages", 4)


def test_archiving_with_something_typed_asks_first(asked, project):
    page = asked("/p/sms/settings/", answer=False)
    page.locator("#id_name").fill("Messages")
    page.get_by_role("button", name="Archive").click()
    assert page.questions == ["confirm"]
    project.refresh_from_db()
    assert project.archived_at is None


def test_one_form_of_the_members_does_not_drop_what_stands_in_another(asked, project):
    ben = UserFactory(username="ben")
    set_member(project, ben, Role.ANNOTATOR)
    page = asked("/p/sms/members/", answer=False)
    page.locator("#id_username").fill("somebody")
    row = page.locator("tr", has_text="ben")
    row.locator("select").select_option("reviewer")
    row.get_by_role("button", name="Change").click()
    assert page.questions == ["confirm"]
    assert page.locator("#id_username").input_value() == "somebody"
    page.locator("#id_username").fill("")
    row.get_by_role("button", name="Change").click()
    page.wait_for_load_state()
    assert project.members.get(user=ben).role == "reviewer"


def test_a_name_typed_for_a_token_is_not_lost_by_a_link(asked, site):
    page = asked("/tokens/", answer=False)
    page.get_by_label("Name").press_sequentially("ci")
    page.get_by_role("link", name="Help and keys").first.click()
    page.wait_for_function("() => true")
    assert page.questions == ["beforeunload"]
    page.get_by_role("button", name="Create token").click()
    page.get_by_text("Copy it now").wait_for()
    assert ApiToken.objects.get().name == "ci"
    page.get_by_role("link", name="Help and keys").first.click()
    page.wait_for_url("**/help/")
    assert page.questions == ["beforeunload"]


def test_saved_without_any_script(manager, project, open_page):
    page = open_page(manager, "/p/sms/settings/", java_script_enabled=False)
    page.locator("#id_name").fill("Plain")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved: name.").wait_for()
