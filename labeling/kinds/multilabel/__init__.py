"""Any number of labels an item."""

from labeling.kinds.multilabel.kind import Multilabel

__all__ = ["Multilabel"]
