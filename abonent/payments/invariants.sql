-- Each rule selects what breaks it; nothing selected is in order.

-- rule: a paid payment has its transfer
select format('payment %s of account %s: %s kopecks on %s by %s, its transfer %s of %s says otherwise',
              p.id, p.account_id, p.amount_kop, p."on", p.channel, p.transfer_id, p.transfer_on) as what
from payments_payment p
left join ledger_transfer t on t."on" = p.transfer_on and t.id = p.transfer_id
left join ledger_account house on house.id = t.debit_id
where p.state = 'succeeded'
  and (t.credit_id, t.amount_kop, t.reason, house.code, t."on")
      is distinct from (p.account_id, p.amount_kop, 'payment', 'clearing:' || p.channel, p."on")

-- rule: a transfer is of one payment
select format('transfer %s of %s is of %s payments', transfer_id, transfer_on, count(*)) as what
from payments_payment
where transfer_id is not null
group by transfer_on, transfer_id
having count(*) > 1

-- rule: money came in only with a payment
select format('transfer %s of %s: %s kopecks from %s to account %s, and no payment',
              t.id, t."on", t.amount_kop, house.code, t.credit_id) as what
from ledger_transfer t
join ledger_account house on house.id = t.debit_id
where t.reason = 'payment' and house.kind = 'clearing'
  and not exists (
      select from payments_payment p
      where p.transfer_on = t."on" and p.transfer_id = t.id and p.state = 'succeeded'
  )

-- rule: a channel's clearing equals its payments
select format('%s has given %s kopecks, its payments sum to %s', house.code, moved.kop, paid.kop) as what
from ledger_account house
cross join lateral (
    select coalesce(sum(amount_kop), 0) as kop from ledger_transfer
    where debit_id = house.id and reason = 'payment'
) moved
cross join lateral (
    select coalesce(sum(amount_kop), 0) as kop from payments_payment
    where state = 'succeeded' and 'clearing:' || channel = house.code
) paid
where house.kind = 'clearing' and moved.kop <> paid.kop

-- rule: the ledger's key of a payment is its own
select format('payment %s: its transfer %s of %s is not under its key', p.id, p.transfer_id, p.transfer_on) as what
from payments_payment p
left join ledger_key k on k.key = format('payment:%s:%s', p.channel, p.external_id)
where p.state = 'succeeded'
  and (k.transfer_on, k.transfer_id) is distinct from (p.transfer_on, p.transfer_id)
