"""Requests on their way to a contract: who holds them, calls, visits, what was done, what was signed."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("core", "0001_initial"),
        ("addresses", "0002_search"),
        ("catalog", "0001_initial"),
        ("onboarding", "0001_initial"),
        ("subscribers", "0005_consents"),
        ("identity", "0004_staff"),
    ]

    operations = [
        migrations.CreateModel(
            name='ContractPaper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('data', models.JSONField()),
                ('made_by', models.CharField(max_length=80)),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Equipment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('router', 'Router'), ('ont', 'Ont'), ('stb', 'Set Top Box'), ('camera', 'Camera'), ('other', 'Other')], max_length=8)),
                ('mac', models.CharField(blank=True, max_length=17)),
                ('serial', models.CharField(blank=True, max_length=40)),
                ('noted_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='PersonDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('passport', 'Passport'), ('foreign', 'Foreign'), ('residence', 'Residence')], max_length=10)),
                ('number', models.CharField(max_length=20)),
                ('issued_by', models.CharField(max_length=200)),
                ('issued_on', models.DateField()),
                ('birth_date', models.DateField()),
                ('registered_address', models.CharField(max_length=300)),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='planned', max_length=12)),
                ('tasks', models.TextField(blank=True)),
                ('report', models.TextField(blank=True)),
                ('version', models.PositiveIntegerField(db_default=0, default=0)),
                ('created_by', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='VisitPhoto',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('sha256', models.BinaryField(max_length=32)),
                ('jpeg', models.BinaryField()),
                ('width', models.PositiveSmallIntegerField()),
                ('height', models.PositiveSmallIntegerField()),
                ('taken_by', models.CharField(max_length=80)),
                ('kept_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='connectionrequest',
            name='contract',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='request', to='subscribers.contract'),
        ),
        migrations.AddField(
            model_name='connectionrequest',
            name='duplicate_of',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='duplicates', to='onboarding.connectionrequest'),
        ),
        migrations.AddField(
            model_name='connectionrequest',
            name='entrance',
            field=models.CharField(blank=True, db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='connectionrequest',
            name='holder',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='connectionrequest',
            name='next_call_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='connectionrequest',
            name='version',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='requeststep',
            name='kind',
            field=models.CharField(choices=[('moved', 'Moved'), ('taken', 'Taken'), ('call', 'Call'), ('edited', 'Edited'), ('visit', 'Visit')], db_default='moved', default='moved', max_length=8),
        ),
        migrations.AddField(
            model_name='requeststep',
            name='next_call_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='requeststep',
            name='outcome',
            field=models.CharField(blank=True, choices=[('reached', 'Reached'), ('no_answer', 'No Answer'), ('call_later', 'Call Later'), ('wrong_number', 'Wrong Number')], db_default='', max_length=12),
        ),
        migrations.AlterField(
            model_name='connectionrequest',
            name='state',
            field=models.CharField(choices=[('new', 'New'), ('called', 'Called'), ('address', 'Address'), ('visit', 'Visit Agreed'), ('connected', 'Connected'), ('signed', 'Signed'), ('paid', 'Paid'), ('online', 'Online'), ('refused', 'Refused'), ('no_coverage', 'No Coverage'), ('duplicate', 'Duplicate')], default='new', max_length=12),
        ),
        migrations.AlterField(
            model_name='requeststep',
            name='state',
            field=models.CharField(choices=[('new', 'New'), ('called', 'Called'), ('address', 'Address'), ('visit', 'Visit Agreed'), ('connected', 'Connected'), ('signed', 'Signed'), ('paid', 'Paid'), ('online', 'Online'), ('refused', 'Refused'), ('no_coverage', 'No Coverage'), ('duplicate', 'Duplicate')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='connectionrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['address', 'visit', 'connected']), _negated=True), ('building__isnull', False), _connector='OR'), name='onboarding_clear_address_has_building'),
        ),
        migrations.AddConstraint(
            model_name='connectionrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['signed', 'paid', 'online']), _negated=True), ('contract__isnull', False), _connector='OR'), name='onboarding_signed_has_contract'),
        ),
        migrations.AddField(
            model_name='contractpaper',
            name='contract',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='paper', to='subscribers.contract'),
        ),
        migrations.AddField(
            model_name='equipment',
            name='line',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='equipment', to='subscribers.line'),
        ),
        migrations.AddField(
            model_name='persondocument',
            name='customer',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='document', to='subscribers.customer'),
        ),
        migrations.AddField(
            model_name='visit',
            name='request',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='onboarding.connectionrequest'),
        ),
        migrations.AddField(
            model_name='visit',
            name='technician',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='equipment',
            name='visit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='equipment', to='onboarding.visit'),
        ),
        migrations.AddField(
            model_name='visitphoto',
            name='visit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photos', to='onboarding.visit'),
        ),
        migrations.AddConstraint(
            model_name='persondocument',
            constraint=models.UniqueConstraint(fields=('kind', 'number'), name='onboarding_document_once'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state', 'cancelled'), _negated=True), expressions=[('technician', '='), ('period', '&&')], name='onboarding_visit_no_double_booking'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'planned')), fields=('request',), name='onboarding_one_planned_visit'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.CheckConstraint(condition=models.Q(('period__isempty', False)), name='onboarding_visit_has_length'),
        ),
        migrations.AddIndex(
            model_name='equipment',
            index=models.Index(condition=models.Q(('mac', ''), _negated=True), fields=['mac'], name='onboarding_by_mac'),
        ),
        migrations.AddConstraint(
            model_name='equipment',
            constraint=models.UniqueConstraint(condition=models.Q(('mac', ''), _negated=True), fields=('visit', 'mac'), name='onboarding_mac_once'),
        ),
        migrations.AddConstraint(
            model_name='equipment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mac', ''), _negated=True), models.Q(('serial', ''), _negated=True), _connector='OR'), name='onboarding_equipment_is_known'),
        ),
        migrations.AddConstraint(
            model_name='equipment',
            constraint=models.CheckConstraint(condition=models.Q(('mac', ''), ('mac__regex', '^([0-9a-f]{2}:){5}[0-9a-f]{2}$'), _connector='OR'), name='onboarding_mac_written_one_way'),
        ),
        migrations.AddConstraint(
            model_name='visitphoto',
            constraint=models.UniqueConstraint(fields=('visit', 'sha256'), name='onboarding_photo_once'),
        ),
    ]
