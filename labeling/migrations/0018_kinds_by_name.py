"""Which kinds there are is the registry's to say: a new one is no change of the database."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0017_housekeeping'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='project',
            name='project_kind_known',
        ),
        migrations.AlterField(
            model_name='project',
            name='kind',
            field=models.CharField(help_text='A name in the registry of kinds.', max_length=40),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('kind', ''), _negated=True), name='project_kind_named'),
        ),
    ]
