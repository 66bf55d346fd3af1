-- Compare and set: only what still is as the decision saw it moves; the caller counts the rows.
-- What is charged once has had its day: nothing is due of it any more.
update billing_subscription s
set paid_until = due.period_end, stopped_on = null, anchor_day = due.anchor_day,
    state = case when due.charging = 'once' then 'ended' else 'active' end,
    ended_on = case when due.charging = 'once' then due."on" end,
    activated_on = coalesce(s.activated_on, due."on")
from {due}
where s.id = due.subscription_id and due.fits
  and s.state = due.was_state and s.paid_until is not distinct from due.was_paid_until and s.turn = due.turn
  and s.account_id between %(first_account_id)s and %(last_account_id)s
