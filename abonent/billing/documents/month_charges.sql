-- What an account was charged in a month (by the ledger's date), each with what came back of it since.
-- A charge's period begins on the day it is charged or a little later, never earlier: its partition is near.
select c.subscription_id, o.name_ru, o.name_en, c.charging, c.price_kop, c.amount_kop,
       c.period_start, c.period_end, c.whole_start, c.whole_end, c.transfer_on, c.transfer_id,
       coalesce(back.amount_kop, 0)::bigint as returned_kop, back.first_on as returned_on, back.transfers as returns
from billing_charge c
join billing_subscription s on s.id = c.subscription_id
join catalog_offerversion v on v.id = s.version_id
join catalog_offer o on o.id = v.offer_id
left join lateral (
    select sum(t.amount_kop) as amount_kop, min(t."on") as first_on,
           json_agg(json_build_array(t."on", t.id) order by t."on", t.id) as transfers
    from ledger_transfer t
    where t.credit_id = %(account_id)s and t.credit_id >= 1000 and t."on" >= %(start)s::date
      and t.reverses_on = c.transfer_on and t.reverses_id = c.transfer_id
) back on true
where c.account_id = %(account_id)s and c.transfer_id is not null
  and c.charged_on >= %(start)s::date and c.charged_on < %(end)s::date
  and c.period_start >= %(start)s::date and c.period_start < %(end)s::date + 62
order by s.priority, s.id, c.period_start, c.turn
