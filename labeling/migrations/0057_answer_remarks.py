from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0054_map_of_items"),
    ]

    operations = [
        migrations.AddField(
            model_name="annotation",
            name="doubt",
            field=models.BooleanField(null=True, help_text="Who answered was not sure; null for nothing said."),
        ),
        migrations.AddField(
            model_name="annotation",
            name="comment",
            field=models.CharField(
                blank=True, max_length=500, null=True, help_text="What was said with the answer."
            ),
        ),
    ]
