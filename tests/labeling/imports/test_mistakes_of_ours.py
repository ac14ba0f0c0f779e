"""Building a row meets a mistake of ours: it costs that row, not those that wait with it."""

import pytest

from labeling.models import ImportBatch, Item
from labeling.services.imports import certificate, run, run_import, start_import
from labeling.services.imports.records.rows import RowBuilder
from tests.labeling.imports.conftest import assert_counts_true, counts, reasons

pytestmark = pytest.mark.django_db
ROWS = [{"id": f"r{n}", "text": f"message {n}"} for n in range(1, 8)]


@pytest.fixture
def mistaken(monkeypatch):
    """Makes the builder fail on the rows with these numbers."""

    def on(*numbers: int, error: Exception | None = None) -> None:
        build = RowBuilder.build

        def fails(self, number, record):
            if number in numbers:
                raise error or ZeroDivisionError("planted")
            return build(self, number, record)

        monkeypatch.setattr(RowBuilder, "build", fails)

    return on


def test_it_is_that_rows_rejection(project, bring_in, mistaken):
    mistaken(3, 6)
    batch = bring_in(project, ROWS)
    assert counts(batch) == ("done", 5, 0, 2)
    assert reasons(batch) == {3: run.UNEXPECTED, 6: run.UNEXPECTED}
    assert batch.rejections.get(row=3).name == "r3"
    assert all(check["ok"] for check in certificate.certificate_of(batch)["checks"])
    assert_counts_true(project)


def test_so_often_that_no_row_is_to_blame_it_ends_the_import_with_all_before_it_in_and_counted(
    project, people, mistaken, monkeypatch
):
    monkeypatch.setattr(run, "MAX_UNEXPECTED", 3)
    mistaken(2, 4, 5)
    batch = start_import(people.manager, project, rows=ROWS)
    with pytest.raises(ZeroDivisionError):
        run_import(batch.pk)
    batch.refresh_from_db()
    assert (counts(batch), batch.error) == (("failed", 2, 0, 3), run.UNEXPECTED)
    told = certificate.certificate_of(batch)
    assert told["records"]["read"] == 5
    assert [check["ok"] for check in told["checks"]] == [True] * len(told["checks"])
    assert list(Item.objects.values_list("external_id", flat=True)) == ["r1", "r3"]
    assert_counts_true(project)


@pytest.mark.parametrize("error", [MemoryError(), OSError(28, "No space left on device")], ids=["memory", "full disk"])
def test_what_is_no_mistake_of_ours_is_no_rejection(project, people, mistaken, error):
    mistaken(3, error=error)
    batch = start_import(people.manager, project, rows=ROWS)
    run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.rejected) == (("failed", 0) if isinstance(error, MemoryError) else ("queued", 0))
    assert ImportBatch.objects.get().rejections.count() == 0
