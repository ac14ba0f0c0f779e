from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("learning", "0014_suspected_errors"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="source_weights",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                help_text="Project.source_weights when the data was frozen: {source: weight}, full ones left out.",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="sources",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                help_text="Where the labels came from: {learned, measured, left_out}, each {source: number}.",
            ),
        ),
    ]
