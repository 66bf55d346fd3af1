-- The distinct prices of a chunk: few, so that the one rule in Python computes each amount once.
-- `due`: subscriptions to be charged; `senseless`: those that no rule of ours can have left so.
select s.charging, s.price_kop,
       count(*) filter (where s.state = 'active' and s.paid_until = %(on)s) as due,
       count(*) filter (where s.state = 'active' and s.paid_until < %(on)s) as overdue
from billing_subscription s
join billing_locked l on l.id = s.account_id
where s.account_id between %(first_account_id)s and %(last_account_id)s and s.state in ('active', 'suspended')
group by s.charging, s.price_kop
