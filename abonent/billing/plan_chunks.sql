-- Ranges of at most `size` accounts that have something due or planned for the date, without gaps from the first
-- account to the last there can be: whoever becomes due after the plan stands in one of them.
insert into billing_chargechunk (run_id, number, first_account_id, last_account_id, accounts)
select %(run_id)s, number,
       coalesce(lag(last) over (order by number) + 1, 0),
       case when lead(last) over (order by number) is null then 9223372036854775807 else last end,
       accounts
from (
    select (n - 1) / %(size)s + 1 as number, max(account_id) as last, count(*) as accounts
    from (
        select account_id, row_number() over (order by account_id) as n
        from (
            select account_id from billing_subscription where state = 'active' and paid_until <= %(on)s
            union
            select account_id from billing_deferral where ended_on is null and ends_on <= %(on)s
            union
            select account_id from billing_pause
            where state = 'planned' and starts_on <= %(on)s or state = 'running' and ends_on <= %(on)s
            union
            select account_id from billing_ending where state = 'planned' and ends_on <= %(on)s
            union
            select account_id from billing_discount
            where state = 'planned' and from_on <= %(on)s or state = 'running' and to_on <= %(on)s
            union
            select account_id from billing_change where state = 'planned' and effective_on <= %(on)s
            union
            select account_id from billing_terms where withheld_limit_kop is not null
            union
            -- Who owes on credit and has an invoice that was to be paid: exactly how much, overdue.py asks.
            select t.account_id
            from billing_terms t
            join ledger_account a on a.id = t.account_id
            where t.credit_limit_kop > 0 and a.balance_kop < 0
              and exists (
                  select from billing_document d
                  where d.contract_id = a.contract_id and d.kind = 'invoice'
                    and (d.data ->> 'pay_until')::date < %(on)s
              )
        ) looked_at
    ) due
    group by 1
) chunks
