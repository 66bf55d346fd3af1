"""Refunds, reversals, the cash desk's orders, bank statements, what does not agree."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from abonent.core import db


class Migration(migrations.Migration):

    dependencies = [
        ("ledger", "0002_channels"),
        ("payments", "0004_gateways"),
    ]

    operations = [
        migrations.CreateModel(
            name='Reversal',
            fields=[
                ('payment', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='reversal', serialize=False, to='payments.payment')),
                ('kind', models.CharField(choices=[('correction', 'Correction'), ('chargeback', 'Chargeback')], max_length=10)),
                ('transfer_on', models.DateField()),
                ('transfer_id', models.BigIntegerField()),
                ('why', models.TextField()),
                ('actor', models.CharField(max_length=150)),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='BankStatement',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64)),
                ('account', models.CharField(max_length=20)),
                ('first_on', models.DateField()),
                ('last_on', models.DateField()),
                ('opening_kop', models.BigIntegerField()),
                ('received_kop', models.BigIntegerField()),
                ('spent_kop', models.BigIntegerField()),
                ('closing_kop', models.BigIntegerField()),
                ('entries_count', models.PositiveIntegerField()),
                ('new_count', models.PositiveIntegerField()),
                ('outgoing_count', models.PositiveIntegerField()),
                ('problem', models.TextField(blank=True)),
                ('loaded_by', models.CharField(max_length=150)),
                ('loaded_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['account', 'last_on'], name='payments_statement_account')],
            },
        ),
        migrations.CreateModel(
            name='CashOrderCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('in', 'In'), ('out', 'Out')], max_length=3)),
                ('year', models.PositiveSmallIntegerField()),
                ('last_number', models.PositiveIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'year'), name='payments_cashorder_counter_once')],
            },
        ),
        migrations.CreateModel(
            name='Difference',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('yookassa', 'Yookassa'), ('cash', 'Cash'), ('osmp', 'Osmp'), ('sber', 'Sber'), ('bank', 'Bank')], max_length=12)),
                ('about', models.CharField(max_length=8)),
                ('external_id', models.CharField(max_length=64)),
                ('kind', models.CharField(choices=[('missing_here', 'Missing Here'), ('missing_there', 'Missing There'), ('sum', 'Sum'), ('account', 'Account'), ('state', 'State')], max_length=14)),
                ('on', models.DateField()),
                ('ours_kop', models.BigIntegerField(null=True)),
                ('theirs_kop', models.BigIntegerField(null=True)),
                ('what', models.TextField()),
                ('found_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.CharField(blank=True, max_length=150)),
                ('why', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['id'], name='payments_difference_open')],
                'constraints': [models.UniqueConstraint(fields=('channel', 'about', 'external_id', 'kind'), name='payments_difference_once')],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('yookassa', 'Yookassa'), ('cash', 'Cash'), ('osmp', 'Osmp'), ('sber', 'Sber'), ('bank', 'Bank')], max_length=12)),
                ('amount_kop', models.BigIntegerField()),
                ('state', models.CharField(choices=[('new', 'New'), ('pending', 'Pending'), ('succeeded', 'Succeeded'), ('canceled', 'Canceled'), ('parked', 'Parked')], default='new', max_length=10)),
                ('idempotence_key', models.CharField(max_length=64, unique=True)),
                ('submit_token', models.CharField(max_length=64, null=True, unique=True)),
                ('request', models.JSONField(default=dict)),
                ('external_id', models.CharField(max_length=64, null=True)),
                ('on', models.DateField(null=True)),
                ('due_on', models.DateField()),
                ('transfer_on', models.DateField(null=True)),
                ('transfer_id', models.BigIntegerField(null=True)),
                ('returned_on', models.DateField(null=True)),
                ('returned_id', models.BigIntegerField(null=True)),
                ('beyond', models.BooleanField(default=False)),
                ('cancel_reason', models.CharField(blank=True, max_length=64)),
                ('asked_by', models.CharField(max_length=150)),
                ('why', models.TextField(blank=True)),
                ('note', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.account')),
                ('payment', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='refunds', to='payments.payment')),
            ],
        ),
        migrations.CreateModel(
            name='CashOrder',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('in', 'In'), ('out', 'Out')], max_length=3)),
                ('year', models.PositiveSmallIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('on', models.DateField()),
                ('amount_kop', models.BigIntegerField()),
                ('cashier', models.CharField(max_length=150)),
                ('data', models.JSONField()),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.account')),
                ('payment', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cash_order', to='payments.payment')),
                ('refund', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cash_order', to='payments.refund')),
            ],
        ),
        migrations.CreateModel(
            name='BankEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64, unique=True)),
                ('number', models.CharField(max_length=40)),
                ('document_on', models.DateField()),
                ('received_on', models.DateField()),
                ('amount_kop', models.BigIntegerField()),
                ('payer', models.CharField(max_length=300)),
                ('payer_inn', models.CharField(blank=True, max_length=12)),
                ('payer_account', models.CharField(blank=True, max_length=40)),
                ('payer_bik', models.CharField(blank=True, max_length=9)),
                ('purpose', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('new', 'New'), ('credited', 'Credited'), ('queued', 'Queued'), ('returned', 'Returned'), ('ignored', 'Ignored')], max_length=10)),
                ('matched_by', models.CharField(blank=True, max_length=12)),
                ('suggested', models.CharField(blank=True, max_length=32)),
                ('turn', models.PositiveSmallIntegerField(default=0)),
                ('why', models.TextField(blank=True)),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.account')),
                ('payment', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bank_entry', to='payments.payment')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='payments.bankstatement')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['new', 'queued'])), fields=['id'], name='payments_bankentry_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_kop__gt', 0)), name='payments_bankentry_amount_positive'), models.CheckConstraint(condition=models.Q(models.Q(('account__isnull', False), ('payment__isnull', False), ('state', 'credited')), models.Q(('account__isnull', False), ('payment__isnull', True), ('state', 'new')), models.Q(('payment__isnull', True), ('state__in', ['queued', 'returned', 'ignored'])), _connector='OR'), name='payments_bankentry_shape')],
            },
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(fields=['payment'], name='payments_refund_payment'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(fields=['account'], name='payments_refund_account'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(condition=models.Q(('state__in', ['new', 'pending'])), fields=['created_at'], name='payments_refund_open'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(fields=('channel', 'external_id'), name='payments_refund_external_once'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount_kop__gt', 0)), name='payments_refund_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('external_id__isnull', False), ('returned_id__isnull', True), ('state__in', ['pending', 'succeeded']), ('transfer_id__isnull', False), ('transfer_on__isnull', False)), models.Q(('returned_id__isnull', True), ('state', 'canceled'), ('transfer_id__isnull', True)), models.Q(('returned_id__isnull', False), ('state', 'canceled'), ('transfer_id__isnull', False)), models.Q(('returned_id__isnull', True), ('state', 'new'), ('transfer_id__isnull', True)), ('state', 'parked'), _connector='OR'), name='payments_refund_has_its_transfers'),
        ),
        migrations.AddConstraint(
            model_name='cashorder',
            constraint=models.UniqueConstraint(fields=('kind', 'year', 'number'), name='payments_cashorder_number'),
        ),
        migrations.AddConstraint(
            model_name='cashorder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'in'), ('payment__isnull', False), ('refund__isnull', True)), models.Q(('kind', 'out'), ('payment__isnull', True), ('refund__isnull', False)), _connector='OR'), name='payments_cashorder_names_its_cause'),
        ),
        migrations.AddConstraint(
            model_name='cashorder',
            constraint=models.CheckConstraint(condition=models.Q(('amount_kop__gt', 0)), name='payments_cashorder_amount_positive'),
        ),
        migrations.RunSQL(db.read_sql(__file__, '0005_desk'), migrations.RunSQL.noop),
    ]
