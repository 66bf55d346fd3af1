-- The contract of a number, its owner and its money; for a payment with the ids its rows will have.
select c.id as contract_id, c.signed_on, c.closed_on, a.id as account_id, a.balance_kop, u.full_name, u.kind,
       case when %(to_pay)s::boolean then nextval('payments_payment_id_seq') end as payment_id,
       case when %(to_pay)s::boolean then nextval('ledger_transfer_id_seq') end as transfer_id
from subscribers_contract c
join subscribers_customer u on u.id = c.customer_id
join ledger_account a on a.contract_id = c.id
where c.number = %(number)s
