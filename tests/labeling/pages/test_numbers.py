"""Measured numbers are written with a real minus sign, and nothing is below zero and zero."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template

from learning.core.evaluation.interval_words import number_words

TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "pages"
WRITTEN = [(-0.1166, 3, "−0.117"), (-1e-17, 3, "0.000"), (-0.0004, 3, "0.000"), (0.25, 2, "0.25"), (-0.006, 2, "−0.01")]


@pytest.mark.parametrize(("value", "digits", "words"), WRITTEN)
def test_pages_and_sentences_write_a_number_alike(value, digits, words):
    page = Template("{% load numbers %}{{ value|number:digits }}").render(Context({"value": value, "digits": digits}))
    assert page == number_words(value, digits) == words


def test_a_number_that_is_not_known_is_left_out():
    assert Template("{% load numbers %}{{ value|number:3 }}").render(Context({"value": None})) == ""


def test_no_measure_is_written_by_floatformat():
    """Seconds of a run's steps may be: they are never below zero."""
    others = [page for page in TEMPLATES.rglob("*.html") if page.name != "_log.html"]
    assert len(others) > 20
    assert [page.name for page in others if re.search(r"\|floatformat:[23]\b", page.read_text())] == []
