"""Receipts of 54-FZ: the queue, the duty, the series of their keys, the months whose offsets are decided."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from abonent.core import db


class Migration(migrations.Migration):

    dependencies = [
        ("ledger", "0002_channels"),
        ("payments", "0005_desk"),
    ]

    operations = [
        migrations.CreateModel(
            name='OffsetMonth',
            fields=[
                ('month', models.DateField(primary_key=True, serialize=False)),
                ('done_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='ReceiptDuty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('yookassa', 'Yookassa'), ('cash', 'Cash'), ('osmp', 'Osmp'), ('sber', 'Sber'), ('bank', 'Bank')], max_length=12)),
                ('since_at', models.DateTimeField()),
                ('until_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('until_at__isnull', True)), fields=('channel',), name='payments_receipt_duty_once')],
            },
        ),
        migrations.CreateModel(
            name='ReceiptSeries',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=32)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='payments_receipt_series_one_row')],
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('cause', models.CharField(max_length=80, unique=True)),
                ('kind', models.CharField(choices=[('advance', 'Advance'), ('offset', 'Offset'), ('offset_back', 'Offset Back'), ('refund', 'Refund')], max_length=12)),
                ('way', models.CharField(choices=[('yookassa', 'Yookassa'), ('atol', 'Atol')], max_length=10)),
                ('amount_kop', models.BigIntegerField()),
                ('on', models.DateField()),
                ('refund_external_id', models.CharField(blank=True, max_length=64)),
                ('charged_kop', models.BigIntegerField(null=True)),
                ('advances_kop', models.BigIntegerField(null=True)),
                ('balance_kop', models.BigIntegerField(null=True)),
                ('transfers', models.BigIntegerField(null=True)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('sent', 'Sent'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=8)),
                ('turn', models.PositiveSmallIntegerField(default=0)),
                ('key', models.CharField(max_length=64)),
                ('content', models.JSONField(null=True)),
                ('external_id', models.CharField(max_length=64, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('error', models.TextField(blank=True)),
                ('fn_number', models.CharField(blank=True, max_length=20)),
                ('fd_number', models.CharField(blank=True, max_length=20)),
                ('fp', models.CharField(blank=True, max_length=20)),
                ('link', models.URLField(blank=True, max_length=500)),
                ('registered_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.account')),
                ('payment', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='receipts', to='payments.payment')),
            ],
            options={
                'indexes': [models.Index(fields=['account', 'id'], name='payments_receipt_account'), models.Index(condition=models.Q(('state__in', ['queued', 'sent'])), fields=['next_try_at', 'id'], name='payments_receipt_due'), models.Index(condition=models.Q(('state', 'failed')), fields=['id'], name='payments_receipt_failed')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('kind', 'advance')), fields=('payment',), name='payments_receipt_advance_once'), models.UniqueConstraint(fields=('key',), name='payments_receipt_key_once'), models.UniqueConstraint(fields=('way', 'external_id'), name='payments_receipt_external_once'), models.CheckConstraint(condition=models.Q(('amount_kop__gt', 0)), name='payments_receipt_amount_positive'), models.CheckConstraint(condition=models.Q(models.Q(('advances_kop__isnull', True), ('balance_kop__isnull', True), ('charged_kop__isnull', True), ('kind__in', ['advance', 'refund']), ('payment__isnull', False), ('transfers__isnull', True)), models.Q(('advances_kop__isnull', False), ('balance_kop__isnull', False), ('charged_kop__isnull', False), ('kind__in', ['offset', 'offset_back']), ('transfers__isnull', False)), _connector='OR'), name='payments_receipt_shape'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(models.Q(('fn_number', ''), _negated=True), models.Q(('fd_number', ''), _negated=True)), _connector='OR'), name='payments_receipt_done_has_fiscal_data')],
            },
        ),
        migrations.RunSQL(db.read_sql(__file__, "0006_receipts"), migrations.RunSQL.noop),
    ]
