"""Plug-ins by name. Adding one is a module and one line in its registry."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    only : mapping of str to collection of str, optional
        Of a name that fits some objectives only: which (:mod:`learning.core.evaluation.objectives`). Settings and pages
        offer it to no other.

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

    def __init__(
        self, kind: str, targets: Mapping[str, str], only: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self.kind = kind
        self._targets = dict(targets)
        self._only = dict(only or {})

    def names(self) -> tuple[str, ...]:
        """Return the registered names, in the order they were written down."""
        return tuple(self._targets)

    def names_for(self, objective: str) -> tuple[str, ...]:
        """Return the names that fit an objective; for an empty name those that fit every one.

        Examples
        --------
        >>> numbers = Registry[object]("number", {"fraction": "a:B", "step": "a:C"}, only={"step": ["ordinal"]})
        >>> numbers.names_for("ordinal"), numbers.names_for("multilabel"), numbers.names_for("")
        (('fraction', 'step'), ('fraction',), ('fraction',))
        """
        return tuple(name for name in self._targets if name not in self._only or objective in self._only[name])

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
