-- What is suspended of the accounts that lost something on this date, as resuming would charge it: from this date,
-- an add-on by its tariff's periods where the tariff works.
create temporary table billing_asleep on commit drop as
select s.account_id, s.charging, s.price_kop, s.discount_kop,
       case when %(is_calendar)s then 1
            when tariff.state = 'active' then tariff.anchor_day
            else extract(day from %(on)s::date) end::smallint as anchor_day
from billing_subscription s
left join billing_subscription tariff
    on tariff.id = s.parent_id and tariff.account_id between %(first_account_id)s and %(last_account_id)s
where s.account_id in (select debit_id from billing_due where not fits)
  and s.account_id between %(first_account_id)s and %(last_account_id)s
  and s.state = 'suspended'
