-- An add-on whose tariff is suspended stands still: its paid days wait for the tariff.
update billing_subscription s
set state = 'standing', stopped_on = %(on)s
from billing_due d
where d.subscription_id = s.parent_id and not d.fits and s.state = 'active' and s.paid_until > %(on)s
  and s.account_id between %(first_account_id)s and %(last_account_id)s
