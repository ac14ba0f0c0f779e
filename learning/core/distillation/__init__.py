"""A small model taught by a large one: it learns what the large one says of many contents, not what people say of few.

A student is an encoder and a model, both of which are fitted here. Its family follows from what the contents are: a
text or a table row is a sum of what its words or cells say, a photo is looked at without a network.
"""

from __future__ import annotations

from learning.core.distillation.students import Student, Taught, teach

__all__ = ["Student", "Taught", "teach"]
