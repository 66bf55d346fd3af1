"""The anchor of an anniversary, discounts."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from abonent.core import db

CHARGING = [('month', 'Month'), ('day', 'Day'), ('per_day', 'Per Day'), ('once', 'Once')]


class Migration(migrations.Migration):

    dependencies = [
        ("billing", "0004_deferrals"),
        ("catalog", "0002_per_day"),
        ("ledger", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            # Postgres needs no default that stays away: the column is there for every partition at once.
            database_operations=[
                migrations.RunSQL(
                    'alter table billing_charge add column discount_kop bigint not null default 0', migrations.RunSQL.noop
                )
            ],
            state_operations=[
                migrations.AddField(
                    model_name='charge',
                    name='discount_kop',
                    field=models.BigIntegerField(db_default=0, default=0),
                ),
            ],
        ),
        migrations.AddField(
            model_name='subscription',
            name='anchor_day',
            field=models.SmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name='subscription',
            name='discount_kop',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='charge', name='charging', field=models.CharField(choices=CHARGING, max_length=8)
        ),
        migrations.AlterField(
            model_name='subscription', name='charging', field=models.CharField(choices=CHARGING, max_length=8)
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(
                condition=models.Q(('discount_kop__gte', 0), ('discount_kop__lte', models.F('price_kop'))),
                name='billing_discount_within_price',
            ),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(
                condition=models.Q(('anchor_day__gte', 1), ('anchor_day__lte', 31)), name='billing_anchor_day_of_month'
            ),
        ),
        migrations.CreateModel(
            name='Discount',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('percent', 'Percent'), ('fixed', 'Fixed')], max_length=8)),
                ('percent_hundredths', models.IntegerField(null=True)),
                ('amount_kop', models.BigIntegerField(null=True)),
                ('from_on', models.DateField()),
                ('to_on', models.DateField(null=True)),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('running', 'Running'), ('over', 'Over'), ('void', 'Void')], default='planned', max_length=8)),
                ('reason', models.CharField(max_length=200)),
                ('created_by', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_by', models.CharField(blank=True, max_length=150)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='discounts', to='ledger.account')),
                ('follows', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='billing.discount')),
                ('subscription', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='discounts', to='billing.subscription')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(
                        condition=models.Q(models.Q(('amount_kop__isnull', True), ('kind', 'percent'), ('percent_hundredths__gt', 0), ('percent_hundredths__lte', 10000)), models.Q(('amount_kop__gt', 0), ('kind', 'fixed'), ('percent_hundredths__isnull', True)), _connector='OR'),
                        name='billing_discount_kind',
                    ),
                    models.CheckConstraint(
                        condition=models.Q(('to_on__isnull', True), ('to_on__gt', models.F('from_on')), _connector='OR'),
                        name='billing_discount_dates',
                    ),
                ],
                'indexes': [
                    models.Index(condition=models.Q(('state', 'planned')), fields=['account', 'from_on'], name='billing_discount_to_begin'),
                    models.Index(condition=models.Q(('state', 'running')), fields=['account', 'to_on'], name='billing_discount_to_end'),
                ],
            },
        ),
        migrations.RunSQL(db.read_sql(__file__, '0005_policies'), migrations.RunSQL.noop),
    ]
