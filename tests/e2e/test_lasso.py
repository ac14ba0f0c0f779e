"""Four hundred points inside a line on the map are labeled at once and put back, and every row is as before."""

import numpy as np
from playwright.sync_api import expect

from labeling.db.bitmaps import BLOCK
from labeling.models import ReviewDecision, Role, Split
from labeling.selectors.export import Filters, export_rows
from labeling.selectors.recount import differences
from labeling.services.item_index import show_map, store_places
from tests.e2e.desk import project_with
from tests.factories import UserFactory, make_answers, make_items

INSIDE, OUTSIDE = 400, 40


def rows(project):
    return {kind: list(export_rows(project, kind, Filters())) for kind in ("items", "annotations")}


def test_four_hundred_points_inside_a_line_are_labeled_and_undone(site, open_page):
    manager = UserFactory(username="manager")
    project = project_with(manager, [f"text {number}" for number in range(INSIDE + OUTSIDE)], role=Role.MANAGER)
    items = list(project.items.order_by("ordinal"))
    make_items(project, ["held out"], split=Split.EVAL)
    ann = UserFactory(username="ann")
    project.members.create(user=ann, role=Role.ANNOTATOR)
    make_answers([(item, ann, {"label": "ham"}) for item in items[: INSIDE // 2]])
    rng = np.random.default_rng(2)
    left = rng.integers((9_000, 9_000), (25_000, 56_000), (INSIDE, 2))
    right = rng.integers((40_000, 9_000), (56_000, 56_000), (OUTSIDE + 1, 2))
    assert len(items) < BLOCK
    store_places(project.pk, 1, 0, np.concatenate([left, right]).astype("<u2").tobytes())
    show_map(project.pk, 1, len(items) + 1)
    before = rows(project)

    page = open_page(manager, f"/p/{project.slug}/map/")
    page.locator("[data-map][data-ready]").wait_for()
    stage = page.locator("[data-over]").bounding_box()
    side = min(stage["width"], stage["height"])
    corner = (stage["x"] + (stage["width"] - side) / 2, stage["y"] + (stage["height"] - side) / 2)

    def at(x, y):
        return corner[0] + side * x / 65_535, corner[1] + side * y / 65_535

    page.keyboard.down("Shift")
    page.mouse.move(*at(5_000, 5_000))
    page.mouse.down()
    for x, y in ((32_000, 5_000), (32_000, 60_000), (5_000, 60_000), (5_000, 6_000)):
        page.mouse.move(*at(x, y), steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator("[data-selected]")).to_have_text(f"{INSIDE} items inside")
    page.get_by_role("link", name="Open in Items").click()
    page.get_by_label(f"All {INSIDE} of this view").check()
    page.get_by_role("combobox", name="What is to be done").select_option("label")
    page.get_by_role("combobox", name="Label", exact=True).select_option("spam")
    page.get_by_role("button", name="Do it").click()
    page.get_by_text(f"{INSIDE} items labeled spam").wait_for()
    assert {row["label"] for row in rows(project)["items"][:INSIDE]} == {"spam"}
    page.locator("[data-undo] button").click()
    page.get_by_text(f"Undone: {INSIDE} items as before").wait_for()
    assert not ReviewDecision.objects.standing().exists()
    assert rows(project) == before
    assert not list(differences(project))
