"""What the page weighs on the wire."""

from tests.e2e.desk import project_with, task_of
from tests.e2e.pictures import drawn, make_pictures
from tests.e2e.wire import wire


def test_the_weight_of_the_page_and_of_a_reload(open_page, context_of, annotator):
    """At most 150 kB at first without the picture; not a byte of script or style on a reload."""
    project = project_with(annotator, slug="light", modality="image", labels=("circle", "square"))
    make_pictures(project, [drawn(n) for n in range(12)])
    page = context_of(annotator).new_page()
    bytes_of = wire(page)
    page.goto("/p/light/annotate/")
    task_of(page)
    page.wait_for_load_state("networkidle")
    first = bytes_of()
    assert 0 < sum(size for kind, size in first if kind != "Image") <= 150_000
    page.reload()
    task_of(page)
    page.wait_for_load_state("networkidle")
    assert sum(size for kind, size in bytes_of() if kind in ("Script", "Stylesheet")) == 0
