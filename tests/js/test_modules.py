"""Every case of every ``*.test.js`` beside this file is a test of the suite."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).parent
CASES = [
    (file.name, name)
    for file in sorted(FOLDER.glob("*.test.js"))
    for name in re.findall(r'^test\("((?:[^"\\]|\\.)*)"', file.read_text(), re.M)
]


@pytest.mark.parametrize(
    ("file", "name"), CASES, ids=[f"{file.removesuffix('.test.js')}: {name}" for file, name in CASES]
)
def test_module(outcomes, file: str, name: str) -> None:
    assert name in outcomes[file], f"{file} has no such case"
    assert outcomes[file][name] is None, outcomes[file][name]


def test_no_case_is_left_out(outcomes) -> None:
    """A case whose name is not written as the list above reads it would never be looked at."""
    assert sorted(CASES) == sorted((file, name) for file, cases in outcomes.items() for name in cases)


def test_a_failing_case_is_seen(files, browser) -> None:
    page = browser.new_page()
    page.goto(f"{files}/")
    ran = page.evaluate(
        """async () => {
          const { test, equal, run } = await import('/tests/harness.js');
          test('right', () => equal({ b: 1, a: [2] }, { a: [2], b: 1 }));
          test('wrong', () => equal(1, 2, 'sums'));
          test('late', async () => { await null; throw new Error('later'); });
          return run();
        }"""
    )
    page.close()
    assert [case["error"] is None for case in ran] == [True, False, False]
    assert "sums: expected 2, found 1" in ran[1]["error"]
