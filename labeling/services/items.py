"""Items taken out of the questions and put back by a reviewer."""

from django.db import transaction

from labeling.models import Item, ItemStatus, Permission, User
from labeling.selectors.access import require
from labeling.services.tasks.slots import ItemChange, move_progress

#: ``Item.set_aside_because`` when it was not a skip.
BY_REVIEWER = "reviewer"


def set_aside(user: User, item: Item) -> Item:
    """Nobody is asked about the item any more; open tasks may still be answered. Needs the permission to review."""
    return _move(user, item, ItemStatus.SET_ASIDE)


def restore(user: User, item: Item) -> Item:
    """The item is asked about again where it lacks answers. Needs the permission to review."""
    return _move(user, item, ItemStatus.ACTIVE)


@transaction.atomic
def _move(user: User, item: Item, status: ItemStatus) -> Item:
    require(user, item.project, Permission.REVIEW)
    locked = Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    if locked.status == status:
        return locked
    change = ItemChange(locked)
    if status == ItemStatus.SET_ASIDE:
        change.set_aside(BY_REVIEWER)
    else:
        change.restore()
    move_progress(locked.project_id, change.save())
    return locked
