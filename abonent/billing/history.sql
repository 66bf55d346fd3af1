-- A month of an account: what came and what went, in order, between two balances. One row.
-- A charge's period begins on the day it is charged or a little later, never earlier: its partition is near.
with moved as (
    select t.id, t."on", t.reason, t.amount_kop, t.debit_id as house_id
    from ledger_transfer t where t.credit_id = %(account_id)s and t.credit_id >= 1000 and t."on" >= %(start)s::date
    union all
    select t.id, t."on", t.reason, -t.amount_kop, t.credit_id
    from ledger_transfer t where t.debit_id = %(account_id)s and t.debit_id >= 1000 and t."on" >= %(start)s::date
), charged as (
    select c.*, o.name_ru, o.name_en
    from billing_charge c
    join billing_subscription s on s.id = c.subscription_id
    join catalog_offerversion v on v.id = s.version_id
    join catalog_offer o on o.id = v.offer_id
    where c.account_id = %(account_id)s
      and c.charged_on >= %(start)s::date and c.charged_on < %(end)s::date
      and c.period_start >= %(start)s::date and c.period_start < %(end)s::date + 62
), returned as (
    select r.transfer_on, r.transfer_id, r.used_until, r.charged_kop, r.used_kop,
           c.subscription_id, c.period_start, c.period_end, c.whole_start, c.whole_end, c.price_kop, c.charging,
           c.discount_kop, c.proration_days, o.name_ru, o.name_en
    from billing_return r
    join billing_charge c
        on c.period_start = r.period_start and c.subscription_id = r.subscription_id and c.turn = r.turn
    join billing_subscription s on s.id = r.subscription_id
    join catalog_offerversion v on v.id = s.version_id
    join catalog_offer o on o.id = v.offer_id
    where r.account_id = %(account_id)s and r.transfer_on >= %(start)s::date and r.transfer_on < %(end)s::date
)
select a.balance_kop - coalesce((select sum(amount_kop) from moved), 0)::bigint as opening_kop,
       (
           select json_agg(json_build_array(
                      line.on_date, line.reason, line.amount_kop, house.code, line.transfer_id,
                      line.subscription_id, line.period_start, line.period_end, line.whole_start, line.whole_end,
                      line.price_kop, line.charging, line.name_ru, line.name_en,
                      line.used_until, line.charged_kop, line.used_kop, line.discount_kop, line.proration_days
                  ) order by line.on_date, line.transfer_id nulls last, line.subscription_id)
           from (
               select m."on" as on_date, m.reason, m.amount_kop, m.house_id, m.id as transfer_id,
                      c.subscription_id, c.period_start, c.period_end, c.whole_start, c.whole_end, c.price_kop,
                      c.charging, c.name_ru, c.name_en,
                      null::date as used_until, null::bigint as charged_kop, null::bigint as used_kop,
                      c.discount_kop, c.proration_days
               from moved m
               left join charged c on c.transfer_id = m.id and m.reason = 'charge'
               where m."on" < %(end)s::date and m.reason <> 'return'
               union all
               select m."on", m.reason, m.amount_kop, m.house_id, m.id,
                      r.subscription_id, r.period_start, r.period_end, r.whole_start, r.whole_end, r.price_kop,
                      r.charging, r.name_ru, r.name_en, r.used_until, r.charged_kop, r.used_kop,
                      r.discount_kop, r.proration_days
               from moved m
               left join returned r on r.transfer_id = m.id
               where m."on" < %(end)s::date and m.reason = 'return'
               union all
               select c.charged_on, 'charge', 0, null, null, c.subscription_id, c.period_start, c.period_end,
                      c.whole_start, c.whole_end, c.price_kop, c.charging, c.name_ru, c.name_en, null, null, null,
                      c.discount_kop, c.proration_days
               from charged c
               where c.transfer_id is null
           ) line
           left join ledger_account house on house.id = line.house_id
       ) as lines
from ledger_account a
where a.id = %(account_id)s
