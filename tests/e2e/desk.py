"""What a person does at the annotation page, in words."""

from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Page

from labeling.models import Annotation, Item, Member, Project, Role, User
from tests.e2e.site import wait_until
from tests.factories import make_items, make_project


def project_with(annotator: User, texts: Iterable[str] = (), *, role: Role = Role.ANNOTATOR, **fields: Any) -> Project:
    """A project in which the person is asked about the texts."""
    project = make_project(**fields)
    Member.objects.create(project=project, user=annotator, role=role)
    if texts:
        make_items(project, list(texts))
    return project


def task_of(page: Page, other_than: int | None = None) -> int:
    """The task on the table once it can be answered, its picture included."""
    page.wait_for_function(
        """(other) => {
            const item = document.querySelector("#item[data-task]");
            if (!item || item.hidden || item.hasAttribute("aria-busy")) return false;
            if (item.dataset.task === String(other)) return false;
            return item.dataset.modality !== "image" || item.querySelector(".picture")?.naturalWidth > 0;
        }""",
        arg=other_than,
    )
    return int(page.get_attribute("#item", "data-task") or 0)


def press(page: Page, key: str) -> int:
    """Presses a key that answers; the task it was about. The next question is there afterwards."""
    task = task_of(page)
    page.keyboard.press(key)
    return task


def saved(page: Page) -> None:
    """Waits until everything is on the server."""
    page.wait_for_selector('#save-state[data-unsent="0"]')


def unsent(page: Page) -> int:
    """Entries in the browser's outbox, read from its database."""
    return int(
        page.evaluate(
            """async () => {
                const [found] = (await indexedDB.databases()).filter(({ name }) => name.startsWith("querent-outbox-"));
                if (!found) return 0;
                const open = indexedDB.open(found.name);
                const database = await new Promise((resolve) => (open.onsuccess = () => resolve(open.result)));
                const count = database.transaction("entries").objectStore("entries").count();
                const number = await new Promise((resolve) => (count.onsuccess = () => resolve(count.result)));
                database.close();
                return number;
            }"""
        )
    )


def current(project: Project) -> dict[int, Any]:
    """Task -> answer as the database holds it now."""
    rows = Annotation.objects.current().filter(project=project).values_list("task", "answer")
    return dict(rows)


def holds(project: Project, expected: dict[int, Any], seconds: float = 15) -> None:
    """The database comes to hold exactly these answers."""
    try:
        wait_until(lambda: current(project) == expected, seconds, "the answers")
    except TimeoutError:
        assert current(project) == expected


def counted_once(project: Project) -> bool:
    """No item has more answers than it may have."""
    return not any(item.answers > item.annotations_required for item in Item.objects.filter(project=project))


def pictures_ready(page: Page, answered: int, ahead: int = 5) -> None:
    """Waits until the question on the table and ``ahead`` more have their pictures."""
    page.wait_for_function(
        """(count) => {
            const seen = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/preview/"));
            return new Set(seen.map(({ name }) => name)).size >= count;
        }""",
        arg=answered + 1 + ahead,
    )
