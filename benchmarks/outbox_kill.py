"""500 answers through the page's outbox while the web process is killed with -9 and restarted five times.

``python -m benchmarks.outbox_kill`` (real gunicorn and Chromium; two to three minutes). Claim: 0 lost, 0 double, and
what the database holds is what was pressed.
"""

import argparse
import sys
import time
from typing import Any

from benchmarks.browser import annotator, project_of

ANSWERS = 500
KILLS = 5
LABELS = ("circle", "square", "triangle")


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with annotator() as (site, user, page):
        from labeling.models import Annotation
        from tests.e2e.desk import press, saved

        project = project_of(user, "text", ANSWERS + 40)
        page.set_default_timeout(60_000)
        page.goto("/p/text/annotate/")
        started = time.monotonic()
        pressed: dict[int, str] = {}
        killed: list[int] = []
        for n in range(ANSWERS):
            pressed[press(page, str(n % 3 + 1))] = LABELS[n % 3]
            if (n + 1) % (ANSWERS // (KILLS + 1)) == 0 and len(killed) < KILLS:
                site.kill()  # whatever is in flight
                killed.append(int(page.get_attribute("#save-state", "data-unsent") or 0))
                site.launch()  # the person goes on while it comes back
        saved(page)
        print(f"unsent at the moment of each kill: {killed}")
        report(Annotation, project, pressed, time.monotonic() - started)


def report(annotations: Any, project: Any, pressed: dict[int, str], seconds: float) -> None:
    rows = list(annotations.objects.filter(project=project).values_list("task", "answer", "revision"))
    held = {task: answer["label"] for task, answer, _ in rows}
    lost = [task for task in pressed if task not in held]
    double = len(rows) - len(held)
    other = [task for task, label in pressed.items() if held.get(task, label) != label]
    outcome = f"{len(lost)} lost, {double} double, {len(other)} differ"
    print(f"{len(held)} answers in {seconds:.0f} s, {KILLS} kills: {outcome}")
    if lost or double or other:
        sys.exit("missed: 0 lost, 0 double")


if __name__ == "__main__":
    main()
