-- What was queued after a notice, as delivery_claim.sql shows it, without taking it out.
select notice.id, notice.kind, notice.key, notice.params::text as params, notice.attempts, notice.contract_id,
       contract.number as contract_number, customer.language
from notifications_notice notice
join subscribers_contract contract on contract.id = notice.contract_id
join subscribers_customer customer on customer.id = contract.customer_id
where notice.id > %(after)s
order by notice.id
