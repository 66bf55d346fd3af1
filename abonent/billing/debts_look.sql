-- Episodes of debt as the ledger has them on a date: who owes no more leaves, who paid and owes again begins anew.
-- Of an overdue invoice (an id below 0) a later one does not begin anew: nothing has been paid between them.
with owing as materialized (
{owing}
), gone as (
    update billing_debt d set ended_on = %(on)s::date
    where d.ended_on is null and (
        not exists (
            select from ledger_account a left join billing_terms t on t.account_id = a.id
            where a.id = d.account_id
              and a.balance_kop + coalesce(t.credit_limit_kop, 0) + coalesce(t.deferral_kop, 0) < 0
              and a.balance_kop < 0
        ) or exists (
            select from owing o
            where o.account_id = d.account_id and o.began_id > 0 and d.began_id > 0
              and (o.began_on, o.began_id) <> (d.began_on, d.began_id)
        ))
    returning d.account_id
), looked as (
    update billing_debt d set looked_on = %(on)s::date
    where d.ended_on is null and d.looked_on < %(on)s::date and d.account_id not in (select account_id from gone)
)
select (select count(*) from gone) as gone
