-- An episode for whoever owes and has none open; one that only a credit had hidden goes on.
insert into billing_debt (account_id, began_on, began_id, looked_on)
select o.account_id, o.began_on, o.began_id, %(on)s::date
from (
{owing}
) o
where not exists (select from billing_debt d where d.account_id = o.account_id and d.ended_on is null)
order by o.account_id
on conflict (account_id, began_on, began_id) do update set ended_on = null, looked_on = excluded.looked_on
