"""What items are made of, and the one place that tells one sort from another."""

from dataclasses import dataclass
from typing import Generic, TypeVar, assert_never

from django.db import models

T = TypeVar("T")


class Modality(models.TextChoices):
    IMAGE = "image", "Images"
    TEXT = "text", "Texts"
    TABULAR = "tabular", "Table rows"


@dataclass(frozen=True)
class PerModality(Generic[T]):
    """One thing for every modality. A further one is a further field, and the type checker names every table that lacks
    it."""

    text: T
    image: T
    tabular: T

    def of(self, modality: str) -> T:
        known = Modality(modality)
        match known:
            case Modality.TEXT:
                return self.text
            case Modality.IMAGE:
                return self.image
            case Modality.TABULAR:
                return self.tabular
        assert_never(known)
