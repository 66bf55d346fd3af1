-- All that the run will write, known beforehand: the floor only has to write it.
create table known_charge as
select nextval(pg_get_serial_sequence('ledger_transfer', 'id')) as transfer_id, d.*
from (
    select s.id as subscription_id, s.account_id, s.turn, s.price_kop, s.charging, house.id as revenue_id,
           x.due_kop, x.period_end, x.whole_start, x.whole_end,
           sum(x.due_kop) over (partition by s.account_id order by s.priority, s.id) <= a.balance_kop as fits
    from billing_subscription s
    join ledger_account a on a.id = s.account_id
    join ledger_account house on house.code = 'revenue:' || s.kind
    join unnest(%(charging)s::text[], %(price_kop)s::bigint[], %(due_kop)s::bigint[], %(period_end)s::date[],
                %(whole_start)s::date[], %(whole_end)s::date[])
        as x (charging, price_kop, due_kop, period_end, whole_start, whole_end)
        on x.charging = s.charging and x.price_kop = s.price_kop
) d
order by d.account_id;
create table known_balance as
select account_id, sum(due_kop)::bigint as kop from known_charge where fits group by account_id order by account_id;
create table known_notice as
select distinct account_id from known_charge where not fits order by account_id;
analyze known_charge;
analyze known_balance;
analyze known_notice;
