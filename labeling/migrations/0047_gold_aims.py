from django.db import migrations, models


def bring_gold_pairs_round(apps, schema_editor):
    """Open gold pairs are asked as gold alone from now on: the job that knows how does it, found by the sweeper."""
    pairs = apps.get_model("labeling", "Pair").objects.filter(gold__isnull=False, is_open=True)
    projects = apps.get_model("labeling", "Project").objects.filter(gold_share__gt=0)
    change = apps.get_model("labeling", "OverlapChange")
    for project in projects.filter(pk__in=pairs.values("project")):
        if not change.objects.filter(project=project, state="queued").exists():
            change.objects.create(project=project)


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0046_source_weights"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="gold_aims",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="member",
            name="gold_waived_at",
            field=models.DateTimeField(
                editable=False,
                help_text="Gold answers up to then propose nothing: a manager has looked at them.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("state", "skipped")),
                fields=["project", "annotator", "skipped_at"],
                name="task_skipped",
            ),
        ),
        migrations.RunPython(bring_gold_pairs_round, migrations.RunPython.noop, elidable=True),
    ]
