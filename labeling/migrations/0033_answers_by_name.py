from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0032_json_arrays"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="annotation",
            name="annotation_one_import_per_item",
        ),
        migrations.AlterField(
            model_name="annotation",
            name="imported_annotator",
            field=models.CharField(blank=True, default="", help_text="Who gave an imported answer.", max_length=150),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(
                condition=models.Q(("item__isnull", False), models.Q(("imported_annotator", ""), _negated=True)),
                fields=["project", "item"],
                name="annotation_item_by_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="annotation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("item__isnull", False), ("source", "import")),
                fields=("item", "imported_annotator"),
                name="annotation_one_import_per_item_and_name",
            ),
        ),
    ]
