from django.db import migrations, models
from django.db.models import F, Q

ITEM = {
    "item_overlap_kept": Q(slots_taken__lte=F("annotations_required")),
    "item_needs_an_answer": Q(extra_slots__lt=F("annotations_required")),
    "item_open_means_free": Q(is_open=False) | Q(status="active", slots_taken__lt=F("annotations_required")),
}
PAIR = {
    "pair_overlap_kept": Q(slots_taken__lte=F("annotations_required")),
    "pair_open_means_free": Q(is_open=False) | Q(status="active", slots_taken__lt=F("annotations_required")),
}


def renamed(model: str, constraints: dict[str, Q]) -> migrations.SeparateDatabaseAndState:
    """The column alone: both databases rewrite the constraints that name it, and no row."""
    old, new = "slots_total", "annotations_required"
    table = f"labeling_{model}"
    state: list[migrations.operations.base.Operation] = [migrations.RemoveConstraint(model, name) for name in constraints]
    state.append(migrations.RenameField(model, old, new))
    state += [
        migrations.AddConstraint(model, models.CheckConstraint(condition=condition, name=name))
        for name, condition in constraints.items()
    ]
    database = migrations.RunSQL(
        f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}", f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}"
    )
    return migrations.SeparateDatabaseAndState([database], state)


class Migration(migrations.Migration):
    dependencies = [("labeling", "0020_room_for_names")]

    operations = [renamed("item", ITEM), renamed("pair", PAIR)]
