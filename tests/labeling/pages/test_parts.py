"""The small pure parts of the pages: bars, columns, label lines, Markdown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.models import Label
from labeling.pages import label_lines
from labeling.pages.charts import Meter, column_chart, nice_ceiling
from labeling.pages.markdown import render_markdown

TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, "0 %"), (0, 9, "0 %"), (1, 1000, "<1 %"), (1, 2, "50 %"), (999, 1000, ">99 %"), (5, 5, "100 %")],
)
def test_a_share_is_never_rounded_to_nothing_or_all(part, whole, text):
    assert Meter.of(part, whole).percent == text


def test_a_meter_stays_in_its_box():
    assert Meter.of(7, 5).width == 100
    assert Meter.of(-1, 5).width == 0


@given(st.integers(0, 10**9))
def test_the_axis_ends_at_a_round_number_above(value):
    top = nice_ceiling(value)
    assert top >= value
    assert top % 2 == 0
    assert top <= max(2, 2 * value)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=40))
def test_columns_stand_on_the_axis_inside_the_drawing(values):
    chart = column_chart([("day", "tick", value) for value in values], ticks_every=5)
    for column, value in zip(chart.columns, values, strict=True):
        assert column.y + column.height == pytest.approx(chart.bottom, abs=0.02)
        assert column.y >= 0
        assert column.x >= chart.left
        assert column.x + column.width <= chart.width
        assert (column.height == 0) == (value == 0) or column.height < 0.01
    assert chart.columns[-1].tick == "tick"


def test_label_lines_by_hand():
    assert label_lines.parse("glass [g]\n\n  paper  \nC [x] [y]\n[z]\n") == [
        {"name": "glass", "hotkey": "g"},
        {"name": "paper", "hotkey": ""},
        {"name": "C [x]", "hotkey": "y"},
    ]


@given(st.lists(st.tuples(TEXT, st.one_of(st.just(""), TEXT.map(lambda text: text[0])))))
def test_label_lines_are_read_back(labels):
    rows = [Label(name=name, hotkey=hotkey) for name, hotkey in labels]
    assert label_lines.parse(label_lines.write(rows)) == [{"name": name, "hotkey": hotkey} for name, hotkey in labels]


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://example.org/track.png)",
        '<a href="x" style="position:fixed">x</a>',
        "<svg onload=alert(1)>",
        "[x](data:text/html;base64,xx)",
    ],
)
def test_markdown_keeps_no_way_to_run_or_fetch_anything(attack):
    tags = re.findall(r"<[^>]*>", render_markdown(attack))
    assert set(tags) <= {"<p>", "</p>"}


def test_markdown_has_tables_and_lists():
    html = render_markdown("| a | b |\n|---|---|\n| 1 | 2 |\n\n3. x\n4. y")
    assert "<td>1</td>" in html
    assert '<ol start="3">' in html


def test_links_of_markdown_go_out_without_a_referrer():
    assert render_markdown("[x](https://example.org)") == (
        '<p><a href="https://example.org" rel="noopener noreferrer nofollow">x</a></p>\n'
    )
