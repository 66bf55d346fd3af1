"""Cashiers' shifts, and of which shift a cash order is."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0007_speed'),
    ]

    operations = [
        migrations.CreateModel(
            name='CashShift',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(unique=True)),
                ('cashier', models.CharField(max_length=150)),
                ('opened_on', models.DateField()),
                ('opened_at', models.DateTimeField()),
                ('opening_kop', models.BigIntegerField()),
                ('closed_on', models.DateField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('taken_count', models.PositiveIntegerField(null=True)),
                ('taken_kop', models.BigIntegerField(null=True)),
                ('given_count', models.PositiveIntegerField(null=True)),
                ('given_kop', models.BigIntegerField(null=True)),
                ('counted_kop', models.BigIntegerField(null=True)),
                ('why', models.TextField(blank=True, db_default='', default='')),
            ],
            options={
                'indexes': [models.Index(fields=['-opened_at'], name='payments_shift_opened')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('cashier',), name='payments_shift_one_open'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_on__isnull', True), ('counted_kop__isnull', True), ('given_kop__isnull', True), ('taken_kop__isnull', True)), models.Q(('closed_at__isnull', False), ('closed_on__isnull', False), ('counted_kop__gte', 0), ('given_count__isnull', False), ('given_kop__isnull', False), ('taken_count__isnull', False), ('taken_kop__isnull', False)), _connector='OR'), name='payments_shift_closed_whole'), models.CheckConstraint(condition=models.Q(('opening_kop__gte', 0)), name='payments_shift_opening')],
            },
        ),
        migrations.AddField(
            model_name='cashorder',
            name='shift',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='payments.cashshift'),
        ),
        migrations.RunSQL(
            """
            -- A closed shift stands as its report printed it; none is ever deleted.
            create trigger refuse_change_of_closed before update on payments_cashshift for each row
                when (old.closed_at is not null) execute function core.refuse_change();
            create trigger refuse_delete before delete on payments_cashshift
                for each row execute function core.refuse_change();
            create trigger refuse_truncate before truncate on payments_cashshift
                for each statement execute function core.refuse_change();
            """,
            migrations.RunSQL.noop,
        ),
    ]
