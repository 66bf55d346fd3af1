-- The charges of a line's internet tariffs between two dates, and which of their days were kept.
select c.period_start, c.period_end, c.turn, c.whole_start, c.whole_end, c.price_kop, c.discount_kop, c.charging,
       c.proration_days, c.amount_kop, coalesce(r.used_until, c.period_end) as kept_until
from billing_subscription s
join billing_charge c on c.subscription_id = s.id and c.account_id = s.account_id
left join billing_return r
    on r.period_start = c.period_start and r.subscription_id = c.subscription_id and r.turn = c.turn
where s.account_id = %(account_id)s and c.account_id = %(account_id)s and s.line_id = %(line_id)s
  and s.role = 'tariff' and s.kind = 'internet'
  and c.period_start >= %(since)s::date and c.period_start < %(until)s::date
order by c.period_start, c.turn
