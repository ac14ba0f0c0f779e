import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0045_machines_have_a_say"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="weight_human",
            field=models.FloatField(
                db_default=1.0,
                default=1.0,
                help_text='How much a label that people gave here counts in training; 0 leaves it out.',
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(1.0),
                ],
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="weight_import",
            field=models.FloatField(
                db_default=1.0,
                default=1.0,
                help_text='The same of a label that came with an import.',
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(1.0),
                ],
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="weight_review",
            field=models.FloatField(
                db_default=1.0,
                default=1.0,
                help_text="The same of a reviewer's decision; with 0 what people answered counts.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(1.0),
                ],
            ),
        ),
    ]
