-- The floor: the same rows into the same tables with the same indexes, by bare statements, in one go; a share of the
-- accounts for each connection.
insert into billing_charge (period_start, subscription_id, turn, account_id, period_end, whole_start, whole_end,
                            price_kop, charging, proration_days, amount_kop, charged_on, transfer_on, transfer_id)
select %(on)s::date, subscription_id, turn, account_id, period_end, whole_start, whole_end, price_kop, charging, 'period',
       due_kop, %(on)s::date, %(on)s::date, transfer_id
from known_charge where fits and account_id between %(first)s and %(last)s;
insert into ledger_transfer (id, "on", debit_id, credit_id, amount_kop, reason)
select transfer_id, %(on)s::date, account_id, revenue_id, due_kop, 'charge'
from known_charge where fits and account_id between %(first)s and %(last)s;
update ledger_account a set balance_kop = balance_kop - kop
from known_balance k
where k.account_id = a.id and a.id between %(first)s and %(last)s and k.account_id between %(first)s and %(last)s;
update billing_subscription s set paid_until = k.period_end
from known_charge k
where k.subscription_id = s.id and fits
  and s.account_id between %(first)s and %(last)s and k.account_id between %(first)s and %(last)s;
update billing_subscription s set state = 'suspended', stopped_on = %(on)s::date
from known_charge k
where k.subscription_id = s.id and not fits
  and s.account_id between %(first)s and %(last)s and k.account_id between %(first)s and %(last)s;
insert into notifications_notice (key, contract_id, kind, params, channel, state, attempts, error)
select 'suspended:' || account_id, account_id, 'suspended', '{"missing_kop": 1, "on": "2026-12-01"}', '', 'queued', 0, ''
from known_notice where account_id between %(first)s and %(last)s;
