from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0048_threads_and_blind_reviews"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="consensus_by",
            field=models.CharField(
                choices=[("majority", "The majority"), ("evidence", "The rule that gold shows to be better")],
                db_default="majority",
                default="majority",
                help_text="What several answers come to for a model that learns from them; never of held-out items.",
                max_length=8,
            ),
        ),
    ]
