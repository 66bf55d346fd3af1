-- Who may be short on a date: more than the money at the dearest that a period or a day can cost. The exact sum is
-- the rule's, one account at a time: a part of two months may cost a little more than the whole, a day at most price / 28.
select s.account_id
from billing_subscription s
join ledger_account a on a.id = s.account_id
left join billing_terms t on t.account_id = s.account_id
where s.account_id between %(first)s and %(last)s
  and a.id between %(first)s and %(last)s
  and s.state = 'active' and s.paid_until <= %(on)s
  and coalesce(t.deferral_kop, 0) = 0
  and a.balance_kop + coalesce(t.credit_limit_kop, 0) >= 0
  and not exists (select from billing_parkedaccount p where p.account_id = s.account_id)
group by s.account_id, a.balance_kop, t.credit_limit_kop
having sum(case s.charging when 'month' then s.price_kop + s.price_kop / 14
                           when 'day' then s.price_kop / 27 + 1
                           else s.price_kop end) > a.balance_kop + coalesce(t.credit_limit_kop, 0)
order by s.account_id
