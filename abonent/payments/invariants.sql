-- Each rule selects what breaks it; nothing selected is in order. What payments and the ledger say of each other's
-- sums stands in flows/verify.sql.

-- rule: a credited payment stands under its own key of the ledger
select format('payment %s: its transfer %s of %s is not under its key', p.id, p.transfer_id, p.transfer_on) as what
from payments_payment p
left join ledger_key k on k.key = format('payment:%s:%s', p.channel, p.external_id)
where p.state = 'succeeded'
  and (k.transfer_on, k.transfer_id) is distinct from (p.transfer_on, p.transfer_id)

-- rule: a card payment keeps the words the bank was asked with
select format('payment %s is %s, and what it says of itself to the bank is not kept', p.id, p.state) as what
from payments_payment p
where p.channel = 'yookassa' and p.state <> 'succeeded' and p.request -> 'metadata' is null

-- rule: what is pending is known to the bank
select format('payment %s is pending without an id of the bank''s', p.id) as what
from payments_payment p
where p.state = 'pending' and p.external_id is null

-- rule: what was answered as paid over check/pay is paid
select format('%s was told that its payment %s is paid, and no such payment is', a.channel, a.external_id) as what
from payments_gatewayask a
left join payments_payment p
    on p.id = a.payment_id and p.channel = a.channel and p.external_id = a.external_id and p.state = 'succeeded'
where a.command = 'pay' and a.payment_id is not null and p.id is null
