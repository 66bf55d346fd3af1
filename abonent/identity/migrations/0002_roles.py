"""The built-in roles, as data. An operator may change them and add his own; a later start leaves them alone."""

from django.db import migrations

VIEW = ['subscribers.view', 'money.view']
MANAGER = [
    *VIEW, 'subscribers.edit', 'contracts.sign', 'services.manage', 'services.approve', 'requests.handle',
    'messages.answer', 'documents.make', 'passwords.issue', 'reports.view',
]
SUPPORT = [
    *VIEW, 'passwords.issue', 'deferrals.grant', 'services.manage', 'requests.handle', 'messages.answer',
    'network.view', 'network.announce_outages',
]
CASHIER = [*VIEW, 'money.take_cash', 'passwords.issue']
ENGINEER = [
    'subscribers.view', 'network.view', 'network.manage', 'network.announce_outages', 'addresses.edit',
    'messages.answer',
]
ACCOUNTANT = [
    *VIEW, 'contracts.end', 'money.take_cash', 'money.give_bonuses', 'money.correct', 'money.refund',
    'money.refund_beyond_limits', 'money.set_credit_limits', 'charge_runs.continue', 'documents.make',
    'reports.view', 'audit.view',
]
ADMIN = sorted({
    *MANAGER, *SUPPORT, *CASHIER, *ENGINEER, *ACCOUNTANT, 'mailings.send', 'catalog.edit', 'staff.manage',
})
ROLES = [
    ('manager', 'Менеджер по продажам', 'Sales manager', MANAGER),
    ('support', 'Техническая поддержка', 'Support', SUPPORT),
    ('cashier', 'Кассир', 'Cashier', CASHIER),
    ('engineer', 'Инженер', 'Engineer', ENGINEER),
    ('accountant', 'Бухгалтер', 'Accountant', ACCOUNTANT),
    ('admin', 'Администратор', 'Administrator', ADMIN),
]


def create_roles(apps, schema_editor):
    Role = apps.get_model('identity', 'Role')
    for code, name_ru, name_en, permissions in ROLES:
        Role.objects.get_or_create(
            code=code, defaults={'name_ru': name_ru, 'name_en': name_en, 'permissions': sorted(permissions)}
        )


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(create_roles, migrations.RunPython.noop),
    ]
