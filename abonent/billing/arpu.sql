-- What the house earned from each account, month by month, and under which tariff and segment the account counts: the
-- tariff that it had last in these days (internet before others), the segment of its line.
with moved as (
    select date_trunc('month', sides."on"::timestamp)::date as month, sides.account_id, sum(sides.kop)::bigint as kop,
           max(sides.kop) > 0 as is_charged
    from (
        select t."on", t.debit_id as account_id, t.amount_kop as kop
        from ledger_transfer t
        where t."on" >= %(start)s and t."on" < %(end)s and t.debit_id >= 1000
          and t.credit_id in (select id from ledger_account where kind = 'revenue')
        union all
        select t."on", t.credit_id, -t.amount_kop
        from ledger_transfer t
        where t."on" >= %(start)s and t."on" < %(end)s and t.credit_id >= 1000
          and t.debit_id in (select id from ledger_account where kind = 'revenue')
    ) sides
    group by 1, 2
), had as (
    select distinct on (s.account_id) s.account_id, offer.code as tariff, line.segment
    from billing_subscription s
    join catalog_offerversion version on version.id = s.version_id
    join catalog_offer offer on offer.id = version.offer_id
    left join subscribers_line line on line.id = s.line_id
    where s.role = 'tariff' and s.started_on < %(end)s
    order by s.account_id, s.ended_on is null or s.ended_on >= %(end)s desc, s.kind = 'internet' desc,
             s.started_on desc, s.id desc
), counted as (
    select moved.month, moved.account_id, moved.kop, moved.is_charged,
           coalesce(had.tariff, '') as tariff, coalesce(had.segment, '') as segment
    from moved
    left join had on had.account_id = moved.account_id
)
