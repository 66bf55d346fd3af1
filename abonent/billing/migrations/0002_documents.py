import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from abonent.core import db


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0001_initial'),
        ('subscribers', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DocumentCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('act', 'Act'), ('vat_invoice', 'Vat Invoice')], max_length=12)),
                ('year', models.PositiveSmallIntegerField()),
                ('last_number', models.PositiveIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'year'), name='billing_document_counter_once')],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('act', 'Act'), ('vat_invoice', 'Vat Invoice')], max_length=12)),
                ('month', models.DateField()),
                ('correction', models.PositiveSmallIntegerField(default=0)),
                ('year', models.PositiveSmallIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('issued_on', models.DateField()),
                ('corrected_on', models.DateField(null=True)),
                ('total_kop', models.BigIntegerField()),
                ('vat_kop', models.BigIntegerField()),
                ('data', models.JSONField()),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='subscribers.contract')),
                ('corrects', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='billing.document')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('contract', 'month', 'kind', 'correction'), name='billing_document_once_a_month'), models.UniqueConstraint(fields=('kind', 'year', 'number', 'correction'), name='billing_document_number'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='billing_document_month_begins'), models.CheckConstraint(condition=models.Q(models.Q(('corrected_on__isnull', True), ('correction', 0), ('corrects__isnull', True)), models.Q(('corrected_on__isnull', False), ('correction__gt', 0), ('corrects__isnull', False)), _connector='OR'), name='billing_document_correction_names_its_first'), models.CheckConstraint(condition=models.Q(('total_kop__gte', models.F('vat_kop')), ('vat_kop__gte', 0)), name='billing_document_sums')],
            },
        ),
        migrations.RunSQL(db.read_sql(__file__, '0002_documents'), migrations.RunSQL.noop),
    ]
