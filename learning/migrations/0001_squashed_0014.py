"""All tables as they stood after 0014, made at once (see labeling)."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("learning", "0001_initial"),
        ("learning", "0002_decisions"),
        ("learning", "0003_ranking_asked"),
        ("learning", "0004_pairwise_scores"),
        ("learning", "0005_gate"),
        ("learning", "0006_data_tests_and_alerts"),
        ("learning", "0007_arm_comparison"),
        ("learning", "0008_changes_seen"),
        ("learning", "0009_jobs_by_the_database_clock"),
        ("learning", "0010_put_backs"),
        ("learning", "0011_housekeeping"),
        ("learning", "0012_room_for_metrics"),
        ("learning", "0013_decoder_of_features"),
        ("learning", "0014_suspected_errors"),
    ]

    dependencies = [
        ("labeling", "0035_words_of_review_and_machines"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NextDecision',
            fields=[
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='next_decision', serialize=False, to='labeling.project')),
                ('seen_annotations', models.BigIntegerField(default=0, help_text='Run.news_seen of the newest run.')),
                ('is_asked', models.BooleanField(default=False)),
                ('ranking_asked_at', models.DateTimeField(help_text='When the sweeper last asked for a ranking.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='EncoderVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(max_length=120)),
                ('dimension', models.PositiveIntegerField()),
                ('fitted_on', models.PositiveIntegerField(default=0, help_text='Items there were when it was fitted.')),
                ('path', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('is_current', models.BooleanField(default=False)),
                ('dropped_at', models.DateTimeField(blank=True, help_text='Housekeeping let its file go.', null=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='encoder_versions', to='labeling.project')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('project', 'version'), name='encoder_version_once'), models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('project',), name='encoder_one_current_per_project')],
            },
        ),
        migrations.CreateModel(
            name='FeatureShard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('rows', models.PositiveIntegerField()),
                ('path', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('decoder', models.CharField(blank=True, db_default='', default='', help_text='What decoded the items; empty where nothing had to.', max_length=20)),
                ('encoder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shards', to='learning.encoderversion')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(fields=('encoder', 'number'), name='shard_number_once'), models.CheckConstraint(condition=models.Q(('rows__gt', 0), ('rows__lte', 65536)), name='shard_rows_in_range')],
            },
        ),
        migrations.CreateModel(
            name='ModelVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('status', models.CharField(choices=[('candidate', 'Candidate'), ('provisional', 'Provisional'), ('champion', 'Champion'), ('retired', 'Retired'), ('rejected', 'Rejected')], default='candidate', max_length=12)),
                ('encoder', models.CharField(help_text='Encoder version: name, parameters, hash.', max_length=120)),
                ('learner', models.CharField(max_length=60)),
                ('strategy', models.CharField(max_length=40)),
                ('labels', models.JSONField(default=list, help_text='Label names in the order of the probabilities.')),
                ('trained_on', models.PositiveIntegerField(help_text='Items learned from.')),
                ('metrics', models.JSONField(default=dict, help_text='{name: {value, low, high, n}} on the eval split.')),
                ('baselines', models.JSONField(default=dict, help_text='{baseline: {metric: {value, low, high, n}}}.')),
                ('report', models.JSONField(default=dict, help_text='Per label, confusion matrix, calibration.')),
                ('path', models.CharField(blank=True, max_length=200)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('size_bytes', models.BigIntegerField(default=0)),
                ('dropped_at', models.DateTimeField(blank=True, help_text='Housekeeping let its file go; the record stays.', null=True)),
                ('pinned', models.BooleanField(default=False, help_text='A manager wants its file kept.')),
                ('latency_ms', models.FloatField(help_text="From one item's content to its probabilities, at evaluation.", null=True)),
                ('eval_sha256', models.CharField(blank=True, help_text='Manifest of the eval set it was measured on.', max_length=64)),
                ('n_eval', models.PositiveIntegerField(default=0, help_text='Eval items it was measured on.')),
                ('verified', models.BooleanField(default=False, help_text='Passed the gate on at least 200 eval answers.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='model_versions', to='labeling.project')),
            ],
            options={
                'ordering': ['-number'],
                'constraints': [models.UniqueConstraint(fields=('project', 'number'), name='model_number_once'), models.UniqueConstraint(condition=models.Q(('status', 'champion')), fields=('project',), name='model_one_champion_per_project'), models.UniqueConstraint(condition=models.Q(('status', 'provisional')), fields=('project',), name='model_one_provisional_per_project'), models.CheckConstraint(condition=models.Q(('status__in', ['candidate', 'provisional', 'champion', 'retired', 'rejected'])), name='model_status_known'), models.CheckConstraint(condition=models.Q(('dropped_at', None), models.Q(('status__in', ['champion', 'provisional']), _negated=True), _connector='OR'), name='model_in_use_has_file'), models.CheckConstraint(condition=models.Q(('verified', False), ('n_eval__gte', 200), _connector='OR'), name='model_verified_by_enough')],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.CharField(choices=[('candidate', 'Candidate'), ('provisional', 'Provisional'), ('champion', 'Champion'), ('retired', 'Retired'), ('rejected', 'Rejected')], max_length=12)),
                ('after', models.CharField(choices=[('candidate', 'Candidate'), ('provisional', 'Provisional'), ('champion', 'Champion'), ('retired', 'Retired'), ('rejected', 'Rejected')], max_length=12)),
                ('reason', models.TextField()),
                ('numbers', models.JSONField(default=dict)),
                ('eval_sha256', models.CharField(blank=True, max_length=64)),
                ('n_eval', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='labeling.project')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='learning.modelversion')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='PairwiseFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('items', models.PositiveIntegerField(default=0)),
                ('judgments', models.PositiveIntegerField(default=0)),
                ('connected', models.BooleanField(default=False)),
                ('sentence', models.TextField(blank=True, help_text='Why there are no ranks, and which items to connect.')),
                ('to_settle', models.JSONField(default=list, help_text='[[item id, item id, gain, connects]], best first.')),
                ('cycles', models.JSONField(default=list, help_text='[[item id, item id, item id]], worst first.')),
                ('n_cycles', models.PositiveIntegerField(default=0)),
                ('disputed', models.JSONField(default=list, help_text='[[item id, item id, counts]], most disputed first.')),
                ('context', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.context')),
                ('model_version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pairwise_findings', to='learning.modelversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('model_version', 'context'), name='pairwise_finding_once')],
            },
        ),
        migrations.CreateModel(
            name='PairwiseScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('score', models.FloatField(help_text='Log-odds; 0 is the mean of the context.')),
                ('se', models.FloatField(help_text='Standard error of the score.', null=True)),
                ('rank', models.PositiveIntegerField(null=True)),
                ('judgments', models.PositiveIntegerField(default=0, help_text='Judgments of the item that were learned from.')),
                ('component', models.PositiveIntegerField(default=0, help_text="Connected part of the context's graph, from 0.")),
                ('context', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.context')),
                ('item', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.item')),
                ('model_version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pairwise_scores', to='learning.modelversion')),
            ],
            options={
                'ordering': ['context', 'rank', '-score'],
                'indexes': [models.Index(fields=['model_version', 'context', 'rank'], name='pairwise_score_in_order')],
                'constraints': [models.UniqueConstraint(fields=('model_version', 'item'), name='pairwise_score_once'), models.CheckConstraint(condition=models.Q(('se__isnull', True), ('se__gte', 0), _connector='OR'), name='pairwise_se_not_negative'), models.CheckConstraint(condition=models.Q(('rank__isnull', True), ('rank__gte', 1), _connector='OR'), name='pairwise_rank_from_one')],
            },
        ),
        migrations.CreateModel(
            name='PairwiseWithout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('annotator', models.CharField(max_length=200)),
                ('places', models.JSONField(default=list, help_text='[[item id, rank or null, score]], best first.')),
                ('context', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.context')),
                ('model_version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pairwise_without', to='learning.modelversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('model_version', 'context', 'annotator'), name='pairwise_without_once')],
            },
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('skipped', 'Skipped'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=10)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('worker', models.CharField(blank=True, max_length=120)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('retry_at', models.DateTimeField(blank=True, help_text='Put back because of an outage: not before then.', null=True)),
                ('put_backs', models.PositiveIntegerField(default=0, help_text="Attempts that an outage ended; nobody's fault.")),
                ('error', models.TextField(blank=True)),
                ('trigger', models.CharField(choices=[('labels', 'enough new labels'), ('label_set', 'a label was added'), ('import', 'items were imported'), ('manual', 'asked for by a person'), ('drift', 'Drift'), ('schedule', 'Schedule')], max_length=10)),
                ('reason', models.CharField(blank=True, help_text='Why it ran, or why it was skipped.', max_length=300)),
                ('steps', models.JSONField(default=list, help_text='[{name, state, started_at, seconds, note, peak_memory_mb}].')),
                ('seed', models.BigIntegerField(default=0)),
                ('annotations_seen', models.BigIntegerField(default=0, help_text='Progress.annotations when the data was frozen.')),
                ('changes_seen', models.BigIntegerField(default=0, help_text='Progress.changes when the data was frozen.')),
                ('last_annotation_id', models.BigIntegerField(default=0, help_text='Nothing newer was learned from.')),
                ('items_seen', models.BigIntegerField(default=0, help_text='Items (ordinals) that existed when it was frozen.')),
                ('labels_version', models.PositiveIntegerField(default=0)),
                ('data_sha256', models.CharField(blank=True, help_text="Hash of the frozen data's manifest.", max_length=64)),
                ('epoch', models.PositiveIntegerField(help_text='The epoch it published.', null=True)),
                ('environment', models.JSONField(default=dict, help_text='Code, Python and library versions, parameters.')),
                ('data_tests', models.JSONField(default=list, help_text='[{name, outcome, hard, value, limit, unit, words, advice}], hard ones first.')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='labeling.project')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'skipped', 'failed', 'cancelled'])), name='run_state_known'), models.UniqueConstraint(condition=models.Q(('state', 'queued')), fields=('project',), name='run_one_queued'), models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('project',), name='run_one_running')],
            },
        ),
        migrations.CreateModel(
            name='ArmComparison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('labels', models.PositiveIntegerField(help_text='Answers each of the two models learned from.')),
                ('metric', models.CharField(max_length=40)),
                ('active', models.JSONField()),
                ('random', models.JSONField()),
                ('difference', models.FloatField(help_text='active minus random')),
                ('low', models.FloatField()),
                ('high', models.FloatField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='arm_comparisons', to='labeling.project')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='learning.run')),
            ],
            options={
                'ordering': ['labels'],
                'constraints': [models.UniqueConstraint(fields=('project', 'labels'), name='arm_comparison_once')],
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('model_damaged', 'a model file is damaged'), ('data_test_failed', 'a data test stopped a run'), ('run_failed', 'a run failed')], max_length=20)),
                ('subject', models.CharField(blank=True, max_length=60)),
                ('severity', models.CharField(choices=[('warning', 'Warning'), ('error', 'Error')], default='error', max_length=10)),
                ('message', models.CharField(max_length=1000)),
                ('times', models.PositiveIntegerField(default=1, help_text='How often it was seen while open.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='labeling.project')),
                ('resolved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='learning.run')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('resolved_at__isnull', True)), fields=('project', 'kind', 'subject'), name='alert_one_open_per_subject'), models.CheckConstraint(condition=models.Q(('kind__in', ['model_damaged', 'data_test_failed', 'run_failed'])), name='alert_kind_known'), models.CheckConstraint(condition=models.Q(('severity__in', ['warning', 'error'])), name='alert_severity_known')],
            },
        ),
        migrations.CreateModel(
            name='SuspectedError',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('belief', models.FloatField(help_text='How far the answer is believed: an order, no probability.')),
                ('said', models.JSONField(default=list)),
                ('doubted', models.CharField(max_length=200)),
                ('neighbours', models.JSONField(default=list, help_text='[[item id, [labels]]], nearest first.')),
                ('answers_seen', models.BigIntegerField(help_text='The newest annotation that the run knew.')),
                ('found_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state', models.CharField(choices=[('open', 'not looked at'), ('asked', 'put to somebody else'), ('kept', 'said to be right')], default='open', max_length=5)),
                ('outcome', models.CharField(blank=True, choices=[('same', 'the next answer was the same'), ('other', 'the next answer was another')], default='', max_length=5)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.item')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.project')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='learning.run')),
            ],
            options={
                'ordering': ['belief'],
                'indexes': [models.Index(fields=['project', 'state', 'belief'], name='suspected_error_in_order')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('project', 'item'), name='suspected_error_one_open_per_item'), models.CheckConstraint(condition=models.Q(('state__in', ['open', 'asked', 'kept'])), name='suspected_error_state_known'), models.CheckConstraint(condition=models.Q(('outcome__in', ['', 'same', 'other'])), name='suspected_error_outcome_known'), models.CheckConstraint(condition=models.Q(('belief__gte', 0), ('belief__lte', 1)), name='suspected_error_belief_is_share')],
            },
        ),
        migrations.AddField(
            model_name='modelversion',
            name='run',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='model_version', to='learning.run'),
        ),
    ]
