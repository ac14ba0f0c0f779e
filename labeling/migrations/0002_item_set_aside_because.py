from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="task",
            name="task_open_of_annotator",
        ),
        migrations.AddField(
            model_name="item",
            name="set_aside_because",
            field=models.CharField(
                blank=True, default="", help_text="The skip reason that took it out, or reviewer.", max_length=20
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["annotator", "project", "state"],
                name="task_open_of_annotator",
            ),
        ),
    ]
