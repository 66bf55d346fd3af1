-- Lock, in id order, the accounts of the range for which anything is due. What each has is asked in the next
-- statement, so that a payment that came between is seen.
create temporary table billing_locked on commit drop as
select a.id
from ledger_account a
where a.id between %(first_account_id)s and %(last_account_id)s
  and exists (
      select from billing_subscription s
      where s.account_id = a.id and s.state = 'active' and s.paid_until <= %(on)s
        and s.account_id between %(first_account_id)s and %(last_account_id)s
  )
  and not exists (select from billing_parkedaccount p where p.account_id = a.id)
order by a.id
for no key update of a
