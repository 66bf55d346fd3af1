-- The first date of each that the money does not cover, and what is missing for it.
create temporary table billing_soon on commit drop as
select distinct on (account_id) account_id, contract_id, due_on as stops_on, asked_kop - available_kop as missing_kop,
       by_month
from (
    select short.account_id, a.contract_id, short.available_kop, due.due_on,
           sum(due.due_kop) over (partition by short.account_id order by due.due_on) as asked_kop,
           bool_or(due.charging = 'month') over (partition by short.account_id, due.due_on) as by_month
    from billing_soon_short short
    join ledger_account a on a.id = short.account_id
    join ({asked}) asked on asked.account_id = short.account_id
    join unnest(%(due_charging)s::text[], %(due_price_kop)s::bigint[], %(due_anchor_day)s::smallint[],
                %(due_paid_until)s::date[], %(due_on)s::date[], %(due_kop)s::bigint[])
        as due (charging, price_kop, anchor_day, paid_until, due_on, due_kop)
        on due.charging = asked.charging and due.price_kop = asked.price_kop and due.anchor_day = asked.anchor_day
       and due.paid_until = asked.paid_until
) days
where asked_kop > available_kop
order by account_id, due_on
