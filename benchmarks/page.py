"""The annotation page in Chromium: bytes on the wire, and time from a key to the next item painted.

``python -m benchmarks.page`` (real gunicorn with collected static files; about a minute). Claims: first load at most
150 kB without the pictures, 0 bytes of script and style on a reload, median of 50 keys at most 50 ms.
"""

import argparse
import statistics
import sys
from collections import Counter
from typing import Any

from benchmarks.browser import annotator, project_of

KEYS = 50
#: From the key's own time stamp to the end of the frame in which the next item was painted (two animation frames).
WATCH = """() => {
    window.painted = [];
    addEventListener("keydown", (event) => {
        const before = document.querySelector("#item").dataset.task;
        requestAnimationFrame(() => requestAnimationFrame(() => {
            const item = document.querySelector("#item");
            const there = item.dataset.task !== before && (item.querySelector(".picture")?.complete ?? true);
            window.painted.push(there ? performance.now() - event.timeStamp : null);
        }));
    }, { capture: true });
}"""


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    failed = []
    with annotator() as (_, user, page):
        for kind in ("image", "text"):
            project_of(user, kind, KEYS + 30)
            failed += weigh(page, kind)
            failed += time_keys(page, kind)
    if failed:
        sys.exit("missed: " + "; ".join(failed))


def weigh(page: Any, kind: str) -> list[str]:
    from tests.e2e.desk import task_of
    from tests.e2e.wire import wire

    bytes_of = wire(page)
    missed = []
    for name in ("first load", "reload"):
        if name == "first load":
            page.context.new_cdp_session(page).send("Network.clearBrowserCache")
            page.goto(f"/p/{kind}/annotate/")
        else:
            page.reload()
        task_of(page)
        page.wait_for_load_state("networkidle")
        sizes: Counter[str] = Counter()
        for resource, size in bytes_of():
            sizes[resource] += size
        rest = sum(size for resource, size in sizes.items() if resource != "Image")
        code = sizes["Script"] + sizes["Stylesheet"]
        print(f"{kind:5} {name:10} {rest:7,} bytes without pictures, {code:6,} of script and style  {dict(sizes)}")
        if rest > 150_000 or (name == "reload" and code):
            missed.append(f"{kind} {name}")
    return missed


def time_keys(page: Any, kind: str) -> list[str]:
    from tests.e2e.desk import task_of

    page.evaluate(WATCH)
    for n in range(KEYS):
        task = task_of(page)
        page.wait_for_timeout(120)  # a person looks; without it the prefetching of 1600-pixel pictures sets the pace
        page.keyboard.press(str(n % 3 + 1))
        task_of(page, other_than=task)
        page.wait_for_function("(count) => window.painted.length >= count", arg=n + 1)
    times = page.evaluate("() => window.painted")
    late = times.count(None)
    known = sorted(time for time in times if time is not None)
    median, p95 = statistics.median(known), known[int(len(known) * 0.95) - 1]
    print(f"{kind:5} key to next item painted: median {median:.1f} ms, p95 {p95:.1f} ms, of {len(known)}; {late} late")
    return [f"{kind} key to paint"] if median > 50 or late > KEYS // 10 else []


if __name__ == "__main__":
    main()
