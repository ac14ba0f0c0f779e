import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0005_pairwise_scores")]

    operations = [
        migrations.AddField(
            "project",
            "eval_double_share",
            models.FloatField(
                default=0.2,
                help_text="Share of the eval items that two people answer, to know how far people agree.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(1.0),
                ],
            ),
        ),
        migrations.AddConstraint(
            "project",
            models.CheckConstraint(
                condition=models.Q(("eval_double_share__gte", 0), ("eval_double_share__lte", 1)),
                name="project_eval_double_share_in_range",
            ),
        ),
        migrations.AddField(
            "item",
            "extra_slots",
            models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="Slots of these that are there to measure agreement: done without them.",
            ),
        ),
        migrations.AddConstraint(
            "item",
            models.CheckConstraint(
                condition=models.Q(("extra_slots__lt", models.F("slots_total"))), name="item_needs_an_answer"
            ),
        ),
    ]
