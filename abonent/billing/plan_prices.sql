-- The distinct prices of what is due on a date: few, so that the one rule in Python computes each amount once.
select s.charging, s.price_kop, s.discount_kop, s.anchor_day
from billing_subscription s
where s.state = 'active' and s.paid_until = %(on)s
group by s.charging, s.price_kop, s.discount_kop, s.anchor_day
