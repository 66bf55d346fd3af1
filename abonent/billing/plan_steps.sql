-- The accounts for which a date brings a step before its charges: an end, a planned change, a pause that begins.
select account_id from billing_deferral where ended_on is null and ends_on <= %(on)s
union
select account_id from billing_pause
where state = 'planned' and starts_on <= %(on)s or state = 'running' and ends_on <= %(on)s
union
select account_id from billing_ending where state = 'planned' and ends_on <= %(on)s
union
select account_id from billing_discount
where state = 'planned' and from_on <= %(on)s or state = 'running' and to_on <= %(on)s
union
select account_id from billing_change where state = 'planned' and effective_on <= %(on)s
union
select account_id from billing_terms where withheld_limit_kop is not null
union
-- Who owes on credit and has an invoice that was to be paid: exactly how much, overdue.py asks.
select t.account_id
from billing_terms t
join ledger_account a on a.id = t.account_id
where t.credit_limit_kop > 0 and a.balance_kop < 0
  and exists (
      select from billing_document d
      where d.contract_id = a.contract_id and d.kind = 'invoice' and (d.data ->> 'pay_until')::date < %(on)s
  )
union
-- Whose price changes by what was announced.
select account_id from billing_repriceable
where moves_from <= %(on)s and (state <> 'active' or paid_until <= %(on)s)
