from django.db import migrations, models

TRIGGERS = [
    ("labels", "enough new labels"),
    ("label_set", "a label was added"),
    ("import", "items were imported"),
    ("manual", "asked for by a person"),
    ("drift", "Drift"),
    ("schedule", "Schedule"),
    ("settings", "a setting of training was changed"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("learning", "0016_trained_without"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="evidence_seen",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                help_text="Where answers are weighed by evidence, how far it went when the data was frozen:"
                " EvidenceSeen.",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="consensus",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                help_text="What they came to there: {rule, version, reason, is_probability, machines, items, path,"
                " sha256}.",
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="trigger",
            field=models.CharField(choices=TRIGGERS, max_length=10),
        ),
    ]
