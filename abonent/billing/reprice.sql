-- A step of the charge run: the accounts of the range stand locked. What is paid keeps the old terms to its end; what
-- is suspended, paused or waits has no paid days to come, or keeps their count.
update billing_subscription s
set version_id = due.version_id, price_kop = due.new_price_kop
from billing_repriceable due
where due.version_id = %(version_id)s and s.id = due.subscription_id and s.discount_kop = 0
  and due.account_id between %(first)s and %(last)s and due.moves_from <= %(on)s
  and (due.state <> 'active' or due.paid_until <= %(on)s)
  and not exists (select from billing_parkedaccount p where p.account_id = due.account_id)
