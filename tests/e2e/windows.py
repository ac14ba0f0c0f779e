"""The same page in Chromium and in Firefox: one way to look at it and to press keys of any layout."""

from typing import Any, Protocol

from playwright.sync_api import Page

from tests.e2e.site import wait_until


class Window(Protocol):
    """A page in one of the two browsers. Scripts are the body of a function."""

    def goto(self, url: str) -> None: ...
    def evaluate(self, script: str) -> Any: ...
    def wait_for(self, script: str, *, seconds: float = 15) -> Any: ...
    def press(self, key: str, code: str = "", *, ctrl: bool = False, shift: bool = False) -> None: ...
    def click(self, selector: str) -> None: ...
    def resize(self, width: int, height: int) -> None: ...
    def screenshot(self) -> bytes: ...


class ChromiumWindow:
    """Key events go in below the page, where the layout's own would."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._session = page.context.new_cdp_session(page)

    def goto(self, url: str) -> None:
        self.page.goto(url)

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(f"() => {{ {script} }}")

    def wait_for(self, script: str, *, seconds: float = 15) -> Any:
        return wait_until(lambda: self.evaluate(script), seconds, script)

    def press(self, key: str, code: str = "", *, ctrl: bool = False, shift: bool = False) -> None:
        modifiers = 2 * ctrl + 8 * shift
        written = "\r" if key == "Enter" else key
        text = {"text": written} if len(written) == 1 and not ctrl else {}
        event = {"key": key, "code": code, "modifiers": modifiers}
        if key == "Process":
            event |= {"windowsVirtualKeyCode": 229}
        self._session.send("Input.dispatchKeyEvent", {"type": "keyDown", **event, **text})
        self._session.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    def click(self, selector: str) -> None:
        self.page.click(selector)

    def resize(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def screenshot(self) -> bytes:
        return self.page.screenshot()


#: The number of the task that can be answered now, unless it is the one given; else 0.
_ON_TABLE = """
    const item = document.querySelector("#item[data-task]");
    if (!item || item.hidden || item.hasAttribute("aria-busy")) return 0;
    if (item.dataset.modality === "image" && !item.querySelector(".picture")?.naturalWidth) return 0;
    const task = Number(item.dataset.task);
    return task === %d ? 0 : task;
"""


def task_on_table(window: Window, other_than: int | None = None) -> int:
    """The task on the table once it can be answered."""
    try:
        return int(window.wait_for(_ON_TABLE % (other_than or 0), seconds=30))
    except TimeoutError as error:
        seen = window.evaluate("return [location.href, document.body.dataset.state, document.body.innerText]")
        raise TimeoutError(f"no question came on the table: {seen}") from error
