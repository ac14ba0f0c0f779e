"""Every example in the core's docstrings is true."""

import doctest
import importlib
import pkgutil

import pytest

import learning.core

MODULES = ["learning.core"] + [
    module.name for module in pkgutil.walk_packages(learning.core.__path__, "learning.core.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), extraglobs={"np": __import__("numpy")})
    assert result.failed == 0
