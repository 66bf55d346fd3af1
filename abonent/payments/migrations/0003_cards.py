"""Bound cards and autopay."""

import django.db.models.deletion
from django.db import migrations, models

from abonent.core import db


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0002_channels'),
        ('ledger', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='BoundCard',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('bank_card', 'Bank Card'), ('sbp', 'Sbp')], max_length=12)),
                ('state', models.CharField(choices=[('active', 'Active'), ('unbound', 'Unbound')], default='active', max_length=8)),
                ('token', models.CharField(max_length=64, null=True, unique=True)),
                ('title', models.CharField(max_length=80)),
                ('system', models.CharField(blank=True, max_length=40)),
                ('expires_on', models.DateField(null=True)),
                ('name', models.CharField(blank=True, max_length=40)),
                ('is_default', models.BooleanField(default=False)),
                ('cause', models.CharField(max_length=80, unique=True)),
                ('bound_at', models.DateTimeField()),
                ('unbound_at', models.DateTimeField(null=True)),
                ('unbound_why', models.CharField(blank=True, max_length=64)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='cards', to='ledger.account')),
            ],
        ),
        migrations.AddField(
            model_name='payment',
            name='card',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.boundcard'),
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('bind', 'Bind'), ('autopay', 'Autopay')], max_length=8)),
                ('cause', models.CharField(max_length=80, unique=True)),
                ('version', models.CharField(max_length=32)),
                ('language', models.CharField(max_length=8)),
                ('text', models.TextField()),
                ('actor', models.CharField(max_length=150)),
                ('address', models.GenericIPAddressField(null=True)),
                ('given_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.account')),
            ],
        ),
        migrations.AddField(
            model_name='boundcard',
            name='consent',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.consent'),
        ),
        migrations.CreateModel(
            name='Autopay',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('is_on', models.BooleanField(default=False)),
                ('before_days', models.SmallIntegerField(null=True)),
                ('below_kop', models.BigIntegerField(null=True)),
                ('sum_kop', models.BigIntegerField(null=True)),
                ('month_limit_kop', models.BigIntegerField()),
                ('off_why', models.CharField(blank=True, max_length=64)),
                ('changed_at', models.DateTimeField()),
                ('account', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='autopay', to='ledger.account')),
                ('card', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.boundcard')),
                ('consent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.consent')),
            ],
        ),
        migrations.CreateModel(
            name='Binding',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('bank_card', 'Bank Card'), ('sbp', 'Sbp')], max_length=12)),
                ('state', models.CharField(choices=[('new', 'New'), ('pending', 'Pending'), ('bound', 'Bound'), ('failed', 'Failed')], default='new', max_length=8)),
                ('idempotence_key', models.CharField(max_length=64, unique=True)),
                ('submit_token', models.CharField(max_length=64, unique=True)),
                ('request', models.JSONField()),
                ('external_id', models.CharField(max_length=64, null=True, unique=True)),
                ('confirmation_url', models.URLField(blank=True, max_length=2048)),
                ('reason', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.account')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['new', 'pending'])), fields=['created_at'], name='payments_binding_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['pending', 'bound']), _negated=True), ('external_id__isnull', False), _connector='OR'), name='payments_binding_known')],
            },
        ),
        migrations.CreateModel(
            name='AutopayAttempt',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('rule', models.CharField(choices=[('before_charge', 'Before Charge'), ('below_balance', 'Below Balance')], max_length=16)),
                ('cause', models.CharField(max_length=80)),
                ('turn', models.SmallIntegerField()),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('debiting', 'Debiting'), ('paid', 'Paid'), ('declined', 'Declined'), ('dropped', 'Dropped'), ('paid_late', 'Paid Late')], default='planned', max_length=10)),
                ('amount_kop', models.BigIntegerField()),
                ('due_on', models.DateField()),
                ('debited_on', models.DateField(null=True)),
                ('reason', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.account')),
                ('payment', models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='attempt', to='payments.payment')),
                ('card', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.boundcard')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'planned')), fields=['due_on', 'id'], name='payments_attempt_due'), models.Index(fields=['account', '-id'], name='payments_attempt_account')],
                'constraints': [models.UniqueConstraint(fields=('cause', 'turn'), name='payments_attempt_turn'), models.UniqueConstraint(condition=models.Q(('state__in', ['planned', 'debiting', 'paid'])), fields=('cause',), name='payments_attempt_one_of_cause'), models.CheckConstraint(condition=models.Q(('amount_kop__gt', 0), ('turn__gte', 1)), name='payments_attempt_amount'), models.CheckConstraint(condition=models.Q(models.Q(('debited_on__isnull', True), ('payment__isnull', True), ('state__in', ['planned', 'dropped'])), models.Q(('debited_on__isnull', False), ('payment__isnull', False), ('state__in', ['debiting', 'paid', 'declined', 'paid_late'])), _connector='OR'), name='payments_attempt_payment')],
            },
        ),
        migrations.AddIndex(
            model_name='boundcard',
            index=models.Index(fields=['account', 'id'], name='payments_card_account'),
        ),
        migrations.AddConstraint(
            model_name='boundcard',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'active'), ('token__isnull', False), ('unbound_at__isnull', True)), models.Q(('is_default', False), ('state', 'unbound'), ('token__isnull', True), ('unbound_at__isnull', False)), _connector='OR'), name='payments_card_token'),
        ),
        migrations.AddConstraint(
            model_name='boundcard',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('account',), name='payments_card_one_default'),
        ),
        migrations.AddIndex(
            model_name='autopay',
            index=models.Index(condition=models.Q(('is_on', True)), fields=['id'], name='payments_autopay_on'),
        ),
        migrations.AddConstraint(
            model_name='autopay',
            constraint=models.CheckConstraint(condition=models.Q(('is_on', False), models.Q(('card__isnull', False), ('consent__isnull', False), models.Q(('before_days__isnull', False), ('below_kop__isnull', False), _connector='OR')), _connector='OR'), name='payments_autopay_complete'),
        ),
        migrations.AddConstraint(
            model_name='autopay',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('below_kop__isnull', True), ('sum_kop__isnull', True)), models.Q(('below_kop__isnull', False), ('sum_kop__gt', 0)), _connector='OR'), name='payments_autopay_below'),
        ),
        migrations.AddConstraint(
            model_name='autopay',
            constraint=models.CheckConstraint(condition=models.Q(('before_days__isnull', True), models.Q(('before_days__gte', 1), ('before_days__lte', 14)), _connector='OR'), name='payments_autopay_days'),
        ),
        migrations.AddConstraint(
            model_name='autopay',
            constraint=models.CheckConstraint(condition=models.Q(('month_limit_kop__gt', 0)), name='payments_autopay_limit'),
        ),
        migrations.RunSQL(db.read_sql(__file__, '0003_tables'), migrations.RunSQL.noop),
    ]
