-- Park the accounts of a range that no rule of ours can have left so, and say why.
insert into billing_parkedaccount (account_id, reason)
select account_id, string_agg(why, '; ' order by why)
from (
    select s.account_id,
           case when s.paid_until < %(on)s
                then format('subscription %%s is active but paid until %%s only: no run was missed before %%s',
                            s.id, s.paid_until, %(on)s::date)
                when s.price_kop > %(max_price_kop)s
                then format('subscription %%s has the absurd price of %%s kopecks', s.id, s.price_kop)
                when s.charging <> all (%(charged)s)
                then format('subscription %%s is charged by «%%s», which nobody knows', s.id, s.charging)
           end as why
    from billing_subscription s
    join billing_locked l on l.id = s.account_id
    where s.account_id between %(first_account_id)s and %(last_account_id)s
      and s.state = 'active' and s.paid_until <= %(on)s
) senseless
where why is not null
group by account_id
on conflict (account_id) do nothing
returning account_id, reason
