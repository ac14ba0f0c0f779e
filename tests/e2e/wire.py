"""Counts bytes on the wire, as the browser's own network log has them."""

from collections.abc import Callable

from playwright.sync_api import Page


def wire(page: Page) -> Callable[[], list[tuple[str, int]]]:
    """``bytes_of()`` is ``[(resource kind, bytes on the wire)]`` since it was called last."""
    kinds: dict[str, str] = {}
    sizes: list[tuple[str, int]] = []
    session = page.context.new_cdp_session(page)
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.append((kinds.get(event["requestId"], "Other"), int(event["encodedDataLength"]))),
    )
    session.send("Network.enable")

    def bytes_of() -> list[tuple[str, int]]:
        taken = sizes[:]
        sizes.clear()
        return taken

    return bytes_of
