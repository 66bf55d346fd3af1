-- The floor: the same rows into the same tables with the same indexes, by bare statements, in one go.
insert into billing_charge (period_start, subscription_id, turn, account_id, period_end, whole_start, whole_end,
                            price_kop, charging, proration_days, amount_kop, charged_on, transfer_on, transfer_id)
select %(on)s, subscription_id, turn, account_id, period_end, whole_start, whole_end, price_kop, charging, 'period',
       due_kop, %(on)s, %(on)s, transfer_id
from known_charge where fits;
insert into ledger_transfer (id, "on", debit_id, credit_id, amount_kop, reason)
select transfer_id, %(on)s, account_id, revenue_id, due_kop, 'charge' from known_charge where fits;
update ledger_account a set balance_kop = balance_kop - kop from known_balance k where k.account_id = a.id;
update billing_subscription s set paid_until = k.period_end from known_charge k where k.subscription_id = s.id and fits;
update billing_subscription s set state = 'suspended', stopped_on = %(on)s
from known_charge k where k.subscription_id = s.id and not fits;
insert into notifications_notice (key, contract_id, kind, params, channel, state, attempts, error)
select 'suspended:' || account_id, account_id, 'suspended', '{"missing_kop": 1, "on": "2026-12-01"}', '', 'queued', 0, ''
from known_notice;
