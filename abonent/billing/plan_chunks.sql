-- Ranges of at most `size` accounts that have something due or planned for the date, without gaps from the first
-- account to the last there can be: whoever becomes due after the plan stands in one of them.
select number::int,
       coalesce(lag(last) over (order by number) + 1, 0) as first,
       case when lead(last) over (order by number) is null then 9223372036854775807 else last end as last,
       accounts
from (
    select (n - 1) / %(size)s + 1 as number, max(account_id) as last, count(*) as accounts
    from (
        select account_id, row_number() over (order by account_id) as n
        from (
            select account_id from billing_subscription where state = 'active' and paid_until <= %(on)s
            union
            {steps}
        ) looked_at
    ) due
    group by 1
) chunks
order by number
