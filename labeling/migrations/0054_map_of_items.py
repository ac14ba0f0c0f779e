from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0056_day_ms"),
    ]

    operations = [
        migrations.AddField(
            model_name="facetindex",
            name="map_number",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="facetindex",
            name="mapped",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
