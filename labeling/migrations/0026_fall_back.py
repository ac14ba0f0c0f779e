from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0025_import_notes'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='fall_back',
            field=models.CharField(choices=[('auto', 'Where choosing teaches nothing'), ('never', 'Never: the model chooses')], db_default='auto', default='auto', help_text='Whether the strategy auto may ask at random by itself where choosing teaches nothing.', max_length=5),
        ),
        migrations.AddField(
            model_name='project',
            name='fell_back',
            field=models.JSONField(editable=False, help_text='Since a run found that choosing teaches nothing: on which figures. Null while the model chooses.', null=True),
        ),
    ]
