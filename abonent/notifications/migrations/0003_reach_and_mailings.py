"""How people want to be reached, pushes, own words, mailings; what is due of a mailing stands apart."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0002_sms'),
        ('subscribers', '0006_consent_to_push'),
    ]

    operations = [
        migrations.CreateModel(
            name='Mailing',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('is_offer', models.BooleanField()),
                ('channel', models.CharField(max_length=8)),
                ('audience', models.CharField(max_length=16)),
                ('audience_value', models.CharField(blank=True, max_length=80)),
                ('subject_ru', models.CharField(blank=True, max_length=120)),
                ('body_ru', models.TextField()),
                ('subject_en', models.CharField(blank=True, max_length=120)),
                ('body_en', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('sending', 'Sending'), ('stopped', 'Stopped'), ('done', 'Done')], default='draft', max_length=8)),
                ('made_by', models.CharField(max_length=150)),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('tests_sent', models.PositiveSmallIntegerField(default=0)),
                ('started_by', models.CharField(blank=True, max_length=150)),
                ('started_at', models.DateTimeField(null=True)),
                ('part_price_kop', models.PositiveIntegerField(default=0)),
                ('planned', models.PositiveIntegerField(default=0)),
                ('queued_through', models.BigIntegerField(default=0)),
                ('queued_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('stopped_by', models.CharField(blank=True, max_length=150)),
            ],
        ),
        migrations.CreateModel(
            name='NoticeChoice',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('subject', models.CharField(max_length=16)),
                ('channel', models.CharField(max_length=8)),
                ('is_wanted', models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name='OwnHours',
            fields=[
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='own_hours', serialize=False, to='subscribers.customer')),
                ('quiet_from', models.TimeField()),
                ('quiet_to', models.TimeField()),
            ],
        ),
        migrations.CreateModel(
            name='PushDevice',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('endpoint', models.CharField(max_length=1024, unique=True)),
                ('public_key', models.CharField(max_length=100)),
                ('auth_secret', models.CharField(max_length=40)),
                ('browser_hash', models.BinaryField(max_length=32)),
                ('name', models.CharField(blank=True, max_length=80)),
                ('added_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_sent_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Wording',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('language', models.CharField(max_length=2)),
                ('subject', models.CharField(max_length=120)),
                ('body', models.TextField()),
                ('changed_by', models.CharField(max_length=150)),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name='notice',
            name='notifications_due',
        ),
        migrations.AddField(
            model_name='notice',
            name='claimed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='only_by',
            field=models.CharField(blank=True, db_default='', max_length=8),
        ),
        migrations.AlterField(
            model_name='notice',
            name='channel',
            field=models.CharField(blank=True, choices=[('sms', 'Sms'), ('email', 'Email'), ('push', 'Push'), ('inbox', 'Inbox')], max_length=8),
        ),
        migrations.AlterField(
            model_name='notice',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('sent', 'Sent'), ('failed', 'Failed'), ('canceled', 'Canceled')], default='queued', max_length=8),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['sms', 'email', 'push', 'inbox'])), name='notifications_mailing_channel'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(('channel', 'inbox'), ('is_offer', True), _negated=True), name='notifications_mailing_offer_by_consent'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), ('started_at__isnull', False), _connector='OR'), name='notifications_mailing_started'),
        ),
        migrations.AddField(
            model_name='notice',
            name='mailing',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='notifications.mailing'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('mailing__isnull', True), ('state', 'queued')), fields=['next_try_at', 'id'], name='notifications_due'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('mailing__isnull', False), ('state', 'queued')), fields=['next_try_at', 'id'], name='notifications_due_mass'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('mailing__isnull', False)), fields=['mailing', 'state'], name='notifications_of_mailing'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('claimed_at__isnull', False)), fields=['claimed_at'], name='notifications_claimed'),
        ),
        migrations.AddField(
            model_name='noticechoice',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notice_choices', to='subscribers.customer'),
        ),
        migrations.AddField(
            model_name='pushdevice',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='push_devices', to='subscribers.customer'),
        ),
        migrations.AddConstraint(
            model_name='wording',
            constraint=models.UniqueConstraint(fields=('kind', 'language'), name='notifications_wording_once'),
        ),
        migrations.AddConstraint(
            model_name='noticechoice',
            constraint=models.UniqueConstraint(fields=('customer', 'subject', 'channel'), name='notifications_choice_once'),
        ),
        migrations.AddConstraint(
            model_name='noticechoice',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['sms', 'email', 'push'])), name='notifications_choice_channel'),
        ),
        migrations.AddConstraint(
            model_name='pushdevice',
            constraint=models.CheckConstraint(condition=models.Q(('endpoint', ''), _negated=True), name='notifications_push_has_endpoint'),
        ),
    ]
