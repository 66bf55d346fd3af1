-- The contract of a number, its owner and its money; for a payment with the ids its rows will have.
-- is_quiet: whether it looks as if nothing will follow from money but notices.
select c.id as contract_id, c.signed_on, c.closed_on, a.id as account_id, a.balance_kop, u.full_name, u.kind,
       case when %(to_pay)s::boolean then nextval('payments_payment_id_seq') end as payment_id,
       case when %(to_pay)s::boolean then nextval('ledger_transfer_id_seq') end as transfer_id,
       %(to_pay)s::boolean
           and not exists (
               select from billing_subscription s where s.account_id = a.id and s.state not in ('active', 'ended')
           ) as is_quiet
from subscribers_contract c
join subscribers_customer u on u.id = c.customer_id
join ledger_account a on a.contract_id = c.id
where c.number = %(number)s
