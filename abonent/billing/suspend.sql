-- What did not fit is suspended from this date; it is not charged, and no debt grows for it.
update billing_subscription s
set state = 'suspended', stopped_on = %(on)s
from billing_due d
where s.id = d.subscription_id and not d.fits and s.state = 'active' and s.paid_until = %(on)s
  and s.account_id between %(first_account_id)s and %(last_account_id)s
