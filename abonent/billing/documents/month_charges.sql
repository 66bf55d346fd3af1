-- What an account was charged in a month (by the ledger's date), each with what came back of it since.
-- A charge's period begins on the day it is charged or a little later, never earlier: its partition is near.
with charged as (
    select 0 as place, s.priority, c.subscription_id, c.turn, o.name_ru, o.name_en, c.charging, c.price_kop,
           c.discount_kop, c.proration_days, c.amount_kop, c.period_start, c.period_end, c.whole_start, c.whole_end, c.transfer_on, c.transfer_id,
           r.used_until, r.transfer_on as return_on, r.transfer_id as return_id
    from billing_charge c
    join billing_subscription s on s.id = c.subscription_id
    join catalog_offerversion v on v.id = s.version_id
    join catalog_offer o on o.id = v.offer_id
    left join billing_return r
        on r.period_start = c.period_start and r.subscription_id = c.subscription_id and r.turn = c.turn
    where c.account_id = %(account_id)s and c.transfer_id is not null
      and c.charged_on >= %(start)s::date and c.charged_on < %(end)s::date
      and c.period_start >= %(start)s::date and c.period_start < %(end)s::date + 62
    union all
    select 1, 0, 0, 0, null, null, 'fee', t.amount_kop, 0, 'period', t.amount_kop,
           t."on", t."on" + 1, t."on", t."on" + 1, t."on", t.id, null, null, null
    from ledger_transfer t
    where t.debit_id = %(account_id)s and t.debit_id >= 1000 and t.reason = 'fee'
      and t."on" >= %(start)s::date and t."on" < %(end)s::date
)
select c.subscription_id, c.name_ru, c.name_en, c.charging, c.price_kop,
       c.discount_kop, c.proration_days, c.amount_kop, c.period_start, c.period_end, c.whole_start, c.whole_end, c.transfer_on, c.transfer_id, c.used_until,
       coalesce(back.amount_kop, 0)::bigint as returned_kop, back.transfers as returns
from charged c
left join lateral (
    -- The return of the charge, and what reversed either of the two.
    select sum(case when t.credit_id = %(account_id)s then t.amount_kop else -t.amount_kop end) as amount_kop,
           json_agg(json_build_array(t."on", t.id) order by t."on", t.id) as transfers
    from (
        select "on", id, credit_id, amount_kop, reverses_on, reverses_id from ledger_transfer
        where credit_id = %(account_id)s and credit_id >= 1000 and "on" >= %(start)s::date
        union all
        select "on", id, credit_id, amount_kop, reverses_on, reverses_id from ledger_transfer
        where debit_id = %(account_id)s and debit_id >= 1000 and "on" >= %(start)s::date and reverses_id is not null
    ) t
    where (t."on" = c.return_on and t.id = c.return_id)
       or (t.reverses_on = c.transfer_on and t.reverses_id = c.transfer_id)
       or (t.reverses_on = c.return_on and t.reverses_id = c.return_id)
) back on true
order by c.place, c.priority, c.subscription_id, c.period_start, c.turn, c.transfer_id
