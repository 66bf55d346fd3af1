"""What changes, deferrals and overdue invoices keep."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("billing", "0006_runs")]

    operations = [
        migrations.AddField(
            model_name='change',
            name='fee_kop',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='change',
            name='fee_transfer_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='change',
            name='fee_transfer_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='change',
            name='waits_until',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='terms',
            name='withheld_limit_kop',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='change',
            name='state',
            field=models.CharField(choices=[('asked', 'Asked'), ('to_agree', 'To Agree'), ('planned', 'Planned'), ('done', 'Done'), ('cancelled', 'Cancelled'), ('refused', 'Refused'), ('failed', 'Failed'), ('expired', 'Expired')], max_length=10),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(condition=models.Q(('state__in', ['asked', 'to_agree'])), fields=['waits_until'], name='billing_change_waits'),
        ),
        migrations.AddConstraint(
            model_name='change',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('fee_kop', 0), ('fee_transfer_id__isnull', True), ('fee_transfer_on__isnull', True)), models.Q(('fee_kop__gt', 0), ('fee_transfer_id__isnull', False), ('fee_transfer_on__isnull', False)), _connector='OR'), name='billing_change_fee'),
        ),
        migrations.AddConstraint(
            model_name='terms',
            constraint=models.CheckConstraint(condition=models.Q(('withheld_limit_kop__isnull', True), models.Q(('credit_limit_kop', 0), ('withheld_limit_kop__gt', 0)), _connector='OR'), name='billing_terms_withheld'),
        ),
        migrations.AddIndex(
            model_name='terms',
            index=models.Index(condition=models.Q(('credit_limit_kop__gt', 0)), fields=['account'], name='billing_terms_on_credit'),
        ),
        migrations.AddIndex(
            model_name='terms',
            index=models.Index(condition=models.Q(('withheld_limit_kop__isnull', False)), fields=['account'], name='billing_terms_held_back'),
        ),
    ]
