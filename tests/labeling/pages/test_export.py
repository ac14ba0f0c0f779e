"""The export page: what it counts is what it gives."""

import pytest

from labeling.models import Snapshot
from labeling.services.exports.snapshots import run_snapshot
from tests.factories import make_answer, make_items


@pytest.fixture
def page(project, people, browser_of):
    items = make_items(project, ["a", "b", "c"]) + make_items(project, ["d"], split="eval")
    make_answer(items[0], people.annotator, {"label": "ham"}, reason="strategy")
    make_answer(items[1], people.annotator, {"label": "spam"}, reason="random")
    make_answer(items[3], people.manager, {"label": "spam"}, reason="eval")
    client = browser_of(people.reviewer)
    client.address = f"/p/{project.slug}/export/"
    return client


@pytest.mark.parametrize("rows", ["annotations", "items"])
@pytest.mark.parametrize("filters", ["", "split=eval", "split=pool", "source=human", "source=import", "only=iid"])
def test_counts_the_rows_that_come(page, rows, filters):
    context = page.get(f"{page.address}?rows={rows}&{filters}").context
    response = page.get(context["download"])
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert len(lines) == context["rows"]
    assert context["rows"] == {"": 3, "split=eval": 1, "split=pool": 2, "source=human": 3, "source=import": 0}.get(
        filters, 2
    )


def test_shows_the_command_for_a_program(page):
    content = page.get(f"{page.address}?format=csv&rows=items&only=iid").content.decode()
    assert "curl -H" in content
    assert "http://testserver/api/v1/projects/sms/export/?format=csv&amp;rows=items&amp;only=iid" in content
    assert "-o sms-items.csv" in content


def test_nonsense_becomes_the_default(page):
    context = page.get(f"{page.address}?format=exe&rows=x&split=y&source=z&only=w").context
    assert context["chosen"] == {
        "format": "jsonl",
        "rows": "annotations",
        "split": "",
        "source": "",
        "sources": "",
        "only": "",
        "scheme": "",
        "selection": "",
    }


def test_a_change_of_the_form_fetches_only_the_result(page):
    fragment = page.get(f"{page.address}?rows=items", headers={"HX-Request": "true"}).content.decode()
    assert 'id="result"' in fragment
    assert "<html" not in fragment


def test_keeps_a_snapshot(page):
    response = page.post(f"{page.address}snapshots/new/", {"format": "csv", "rows": "items", "split": "pool"})
    assert response.headers["Location"] == f"{page.address}#snapshots"
    snapshot = Snapshot.objects.get()
    assert (snapshot.format, snapshot.rows, snapshot.filters["split"]) == ("csv", "items", "pool")
    assert 'hx-trigger="every 2s"' in page.get(f"{page.address}snapshots/").content.decode()
    run_snapshot(snapshot.pk)
    snapshot.refresh_from_db()
    done = page.get(f"{page.address}snapshots/").content.decode()
    assert "hx-trigger" not in done
    assert snapshot.sha256[:16] in done
    assert f"/api/v1/snapshots/{snapshot.public_id}/file/" in done


def test_a_viewer_is_offered_no_snapshot(page, people, browser_of):
    assert "Keep as snapshot" in page.get(page.address).content.decode()
    assert "Keep as snapshot" not in browser_of(people.viewer).get(page.address).content.decode()
