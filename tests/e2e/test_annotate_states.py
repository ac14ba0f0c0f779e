"""When there is nothing to answer: the page says why, and what happens next."""

from django.utils import timezone

from labeling.models import ImportBatch, Progress, Role, Task
from labeling.services.projects.label_set import set_labels
from tests.e2e.desk import press, project_with, saved, task_of
from tests.factories import UserFactory, make_items


def paused(page, reason):
    page.wait_for_selector(f"[data-pause={reason}]:not([hidden])")
    return page.inner_text(f"[data-pause={reason}]")


def test_nothing_imported_then_something_is(open_page, annotator):
    project = project_with(annotator, slug="new", role=Role.MANAGER)
    page = open_page(annotator, "/p/new/annotate/")
    assert "Nothing has been imported yet" in paused(page, "nothing-imported")
    assert page.get_attribute("[data-pause=nothing-imported] a", "href").endswith("/p/new/imports/")
    make_items(project, ["the first message"])
    Progress.objects.filter(project=project).update(reopened=1)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    task_of(page)
    assert page.inner_text(".item__body") == "the first message"


def test_all_done_says_so_with_counts(open_page, annotator):
    project_with(annotator, ["one", "two"], slug="short")
    page = open_page(annotator, "/p/short/annotate/")
    press(page, "1")
    press(page, "2")
    assert "All 2 items have the answers they need, 2 of them by you." in paused(page, "all-done")
    page.keyboard.press("u")
    task_of(page)


def test_nothing_more_for_you(open_page, annotator):
    project_with(annotator, ["one", "two"], slug="pairs", overlap=2)
    page = open_page(annotator, "/p/pairs/annotate/")
    press(page, "1")
    press(page, "2")
    assert "You answered 2" in paused(page, "no-more")


def test_archived(open_page, annotator):
    project = project_with(annotator, ["one"], slug="old")
    project.archived_at = timezone.now()
    project.save()
    assert "archived" in paused(open_page(annotator, "/p/old/annotate/"), "archived")
    assert not Task.objects.exists()


def test_offline_with_all_questions_answered(open_page, annotator):
    project_with(annotator, [f"text {n}" for n in range(30)], slug="far")
    page = open_page(annotator, "/p/far/annotate/")
    task_of(page)
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    while page.is_visible("#item"):
        page.keyboard.press("1")
    assert "kept in this browser" in paused(page, "offline")
    page.context.set_offline(False)
    task_of(page)
    saved(page)


def test_without_scripts_one_sentence_says_why(context_of, annotator):
    project_with(annotator, ["one"], slug="plain")
    page = context_of(annotator, java_script_enabled=False).new_page()
    page.goto("/p/plain/annotate/")
    assert "needs JavaScript" in page.inner_text(".noscript")


def test_a_superuser_who_is_no_member_is_told(open_page, site):
    root = UserFactory(username="root", is_superuser=True)
    project_with(UserFactory(), ["one"], slug="theirs")
    assert "Add yourself" in paused(open_page(root, "/p/theirs/annotate/"), "closed")


def test_no_labels_says_so_and_goes_on_by_itself_when_there_are_some(open_page, annotator):
    project = project_with(annotator, ["the first message"], slug="bare", labels=(), role=Role.MANAGER)
    page = open_page(annotator, "/p/bare/annotate/")
    assert "This project has no labels yet" in paused(page, "no-labels")
    assert page.get_attribute("[data-pause=no-labels] a", "href") == "/p/bare/settings/#labels"
    assert not page.is_visible(".item__body")
    set_labels(project, ["ham", "spam"])
    press(page, "2")
    saved(page)


def test_somebody_who_may_not_add_labels_is_told_who_does(open_page, annotator):
    project_with(annotator, ["one"], slug="bare", labels=())
    assert "As soon as a manager adds labels" in paused(open_page(annotator, "/p/bare/annotate/"), "no-labels")


def test_importing_shows_how_far_and_goes_on_by_itself(open_page, annotator):
    project = project_with(annotator, slug="new")
    batch = ImportBatch.objects.create(
        project=project, format="csv", path="", state="running", total=4000, accepted=900, rejected=100
    )
    page = open_page(annotator, "/p/new/annotate/")
    assert "1,000 of 4,000 rows are read." in paused(page, "importing")
    assert page.get_attribute("[data-import-bar]", "value") == "1000"
    ImportBatch.objects.filter(pk=batch.pk).update(accepted=1900)
    page.get_by_text("2,000 of 4,000 rows are read.").wait_for()
    make_items(project, ["the first message"])
    Progress.objects.filter(project=project).update(reopened=1)
    task_of(page)


def test_importing_gives_way_to_what_holds_when_the_import_failed(open_page, annotator):
    project = project_with(annotator, slug="new")
    batch = ImportBatch.objects.create(project=project, format="csv", path="", state="queued")
    page = open_page(annotator, "/p/new/annotate/")
    paused(page, "importing")
    ImportBatch.objects.filter(pk=batch.pk).update(state="failed")
    paused(page, "nothing-imported")
