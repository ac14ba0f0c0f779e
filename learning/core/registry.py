"""Plug-ins by name. Adding one is a module and one line in its registry."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class Registry(Generic[T]):
    """Names mapped to classes that are imported on first use.

    Lazy because importing scikit-learn and the text weights takes longer than answering a request that needs neither.

    Parameters
    ----------
    kind : str
        What is registered, for error messages.
    targets : mapping of str to str
        ``"name" -> "package.module:Class"``; the class is called without arguments.

    Examples
    --------
    >>> fractions = Registry[object]("number", {"fraction": "fractions:Fraction"})
    >>> fractions.make("fraction")
    Fraction(0, 1)
    >>> fractions.make("surreal")
    Traceback (most recent call last):
    ...
    ValueError: unknown number 'surreal'; known: fraction
    """

    def __init__(self, kind: str, targets: Mapping[str, str]) -> None:
        self.kind = kind
        self._targets = dict(targets)

    def names(self) -> tuple[str, ...]:
        """Return the registered names, in the order they were written down."""
        return tuple(self._targets)

    def __contains__(self, name: object) -> bool:
        return name in self._targets

    def add(self, name: str, target: str) -> None:
        """Register one more, for what only some installations have."""
        self._targets[name] = target

    def remove(self, name: str) -> None:
        """Forget a name; nothing happens when it is not registered."""
        self._targets.pop(name, None)

    def make(self, name: str) -> T:
        """Import the class behind ``name`` and return a new instance with its defaults.

        Raises
        ------
        ValueError
            If the name is not registered.
        """
        if name not in self._targets:
            raise ValueError(f"unknown {self.kind} {name!r}; known: {', '.join(self._targets)}")
        module, _, attribute = self._targets[name].partition(":")
        return cast(T, getattr(import_module(module), attribute)())
