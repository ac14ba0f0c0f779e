from django.db import migrations, models


def retire_older_provisionals(apps, schema_editor):
    """There was never more than one, but only now the database says so."""
    versions = apps.get_model("learning", "ModelVersion").objects.filter(status="provisional")
    newest = dict(versions.order_by("number").values_list("project", "pk"))
    versions.exclude(pk__in=newest.values()).update(status="retired")
    # until now a provisional version beside a champion did not rank
    champions = apps.get_model("learning", "ModelVersion").objects.filter(status="champion").values("project")
    versions.filter(project__in=champions).update(status="retired")


class Migration(migrations.Migration):
    dependencies = [("learning", "0004_pairwise_scores")]

    operations = [
        migrations.AddField("decision", "eval_sha256", models.CharField(blank=True, default="", max_length=64), False),
        migrations.AddField("decision", "n_eval", models.PositiveIntegerField(default=0)),
        migrations.AddField(
            "modelversion",
            "eval_sha256",
            models.CharField(
                blank=True, default="", help_text="Manifest of the eval set it was measured on.", max_length=64
            ),
            False,
        ),
        migrations.AddField(
            "modelversion",
            "latency_ms",
            models.FloatField(help_text="From one item's content to its probabilities, at evaluation.", null=True),
        ),
        migrations.AddField(
            "modelversion",
            "n_eval",
            models.PositiveIntegerField(default=0, help_text="Eval items it was measured on."),
        ),
        migrations.AddField(
            "modelversion",
            "verified",
            models.BooleanField(default=False, help_text="Passed the gate on at least 200 eval answers."),
        ),
        migrations.RunPython(retire_older_provisionals, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            "modelversion",
            models.UniqueConstraint(
                condition=models.Q(("status", "provisional")),
                fields=("project",),
                name="model_one_provisional_per_project",
            ),
        ),
        migrations.AddConstraint(
            "modelversion",
            models.CheckConstraint(
                condition=models.Q(("verified", False), ("n_eval__gte", 200), _connector="OR"),
                name="model_verified_by_enough",
            ),
        ),
    ]
