"""Consents by purpose, their withdrawal, what a person asks about his data, and when he was forgotten."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0004_contacts'),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='contacts_forgotten_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='customer',
            name='forgotten_on',
            field=models.DateField(null=True),
        ),
        migrations.CreateModel(
            name='PersonalConsent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('marketing_sms', 'Marketing Sms'), ('marketing_email', 'Marketing Email'), ('marketing_calls', 'Marketing Calls')], max_length=24)),
                ('version', models.CharField(max_length=32)),
                ('language', models.CharField(max_length=8)),
                ('text', models.TextField()),
                ('actor', models.CharField(max_length=150)),
                ('address', models.GenericIPAddressField(null=True)),
                ('given_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_by', models.CharField(blank=True, default='', max_length=150)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='subscribers.customer')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('customer', 'purpose'), name='subscribers_consent_one_in_force')],
            },
        ),
        migrations.CreateModel(
            name='Petition',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('correction', 'Correction'), ('deletion', 'Deletion'), ('closing', 'Closing')], max_length=12)),
                ('state', models.CharField(choices=[('open', 'Open'), ('done', 'Done'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn')], default='open', max_length=10)),
                ('text', models.TextField(blank=True)),
                ('asked_at', models.DateTimeField()),
                ('due_on', models.DateField()),
                ('answer', models.TextField(blank=True)),
                ('answered_by', models.CharField(blank=True, max_length=150)),
                ('answered_at', models.DateTimeField(null=True)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='petitions', to='subscribers.contract')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['due_on', 'id'], name='subscribers_petition_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('contract', 'kind'), name='subscribers_petition_one_open'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('answered_at__isnull', False)), _connector='OR'), name='subscribers_petition_answered'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('answer', ''), _negated=True), _connector='OR'), name='subscribers_petition_refusal_says')],
            },
        ),
        # What was agreed to stays as it was; only its end is added, and where it came from may be forgotten.
        migrations.RunSQL(
            """
            create trigger refuse_change
                before update of id, customer_id, purpose, version, language, text, actor, given_at
                on subscribers_personalconsent for each row execute function core.refuse_change();
            create trigger refuse_delete before delete on subscribers_personalconsent
                for each row execute function core.refuse_change();
            create trigger refuse_truncate before truncate on subscribers_personalconsent
                for each statement execute function core.refuse_change();
            create trigger refuse_delete before delete on subscribers_petition
                for each row execute function core.refuse_change();
            """,
            """
            drop trigger refuse_change on subscribers_personalconsent;
            drop trigger refuse_delete on subscribers_personalconsent;
            drop trigger refuse_truncate on subscribers_personalconsent;
            drop trigger refuse_delete on subscribers_petition;
            """,
        ),
    ]
