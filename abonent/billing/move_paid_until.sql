-- Compare and set: only what still is as the decision saw it moves; the caller counts the rows.
update billing_subscription s
set paid_until = due.period_end, state = 'active', stopped_on = null,
    activated_on = coalesce(s.activated_on, due."on")
from {due}
where s.id = due.subscription_id and due.fits
  and s.state = due.was_state and s.paid_until is not distinct from due.was_paid_until and s.turn = due.turn
  and s.account_id between %(first_account_id)s and %(last_account_id)s
