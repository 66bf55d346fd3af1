-- After the money has moved and locked the account: the payment and its transfer are ours, and nothing follows from them
-- but the notices. Else everything sent along is undone (flows/crediting.py: receive_quietly).
select jsonb_build_object('balance_kop', balance_kop) as balance, payments_require(is_quiet)
from (values (%(account_id)s::text::bigint)) asked (account_id)
left join lateral (
    select a.balance_kop,
           c.closed_on is null
           and (
               exists (select from billing_parkedaccount p where p.account_id = a.id)
               or not exists (
                   select from billing_subscription s where s.account_id = a.id and s.state not in ('active', 'ended')
               )
           )
           and not exists (
               select from billing_terms w where w.account_id = a.id and w.withheld_limit_kop is not null
           )
           and exists (select from payments_payment where id = %(payment_id)s::text::bigint)
           and exists (
               select from ledger_key where key = %(ledger_key)s and transfer_id = %(transfer_id)s::text::bigint
           ) as is_quiet
    from ledger_account a
    join subscribers_contract c on c.id = a.contract_id
    where a.id = asked.account_id
) found on true
