"""The database itself refuses what must never be true."""

import pytest
from django.db import IntegrityError, transaction

from labeling.models import Item
from tests.factories import make_items

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "broken",
    [
        {"slots_taken": 2},  # more people than the overlap allows
        {"answers": 1},  # an answer without a slot
        {"status": "set_aside"},  # still open although set aside
        {"split": "test"},
    ],
)
def test_item_constraints_hold(project, broken):
    (item,) = make_items(project, ["hello"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(**broken)
