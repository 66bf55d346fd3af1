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

-- rule: a credited payment of a channel with receipts has its own
select format('payment %s of %s kopecks has none', p.id, p.amount_kop) as what
from payments_payment p
join payments_receiptduty d on d.channel = p.channel and p.settled_at >= d.since_at
    and (d.until_at is null or p.settled_at < d.until_at)
join ledger_account a on a.id = p.account_id
join subscribers_contract c on c.id = a.contract_id
join subscribers_customer cu on cu.id = c.customer_id
where p.state = 'succeeded' and not (p.channel = 'bank' and cu.kind = 'legal')
  and not exists (select from payments_receipt r where r.payment_id = p.id and r.kind = 'advance')

-- rule: a receipt of an advance is its payment's
select format('receipt %s of %s kopecks, payment %s of %s, %s', r.id, r.amount_kop, p.id, p.amount_kop, p.state) as what
from payments_receipt r
left join payments_payment p on p.id = r.payment_id
where r.kind = 'advance'
  and (p.id is null or p.state <> 'succeeded' or p.amount_kop <> r.amount_kop or p.account_id <> r.account_id
       or p."on" <> r."on")

-- rule: receipts of refunds are no more than their payment
select format('payment %s of %s kopecks has receipts of refunds of %s', p.id, p.amount_kop, sum(r.amount_kop)) as what
from payments_receipt r
join payments_payment p on p.id = r.payment_id
where r.kind = 'refund'
group by p.id
having sum(r.amount_kop) > p.amount_kop

-- rule: offsets are what was spent of the advances, never more than they are
select format('account %s has offsets of %s kopecks through %s, spent are %s', o.account_id, so_far, o."on", spent) as what
from (
    select r.account_id, r."on", r.way, max(r.id) as id,
           least(greatest(min(r.charged_kop), 0),
                 min(r.advances_kop) - least(min(r.advances_kop), greatest(min(r.balance_kop), 0))) as spent
    from payments_receipt r
    where r.kind in ('offset', 'offset_back')
    group by r.account_id, r."on", r.way
) o
cross join lateral (
    select sum(case r.kind when 'offset' then r.amount_kop else -r.amount_kop end) as so_far
    from payments_receipt r
    where r.account_id = o.account_id and r."on" <= o."on" and r.kind in ('offset', 'offset_back')
      and (o.way = 'atol' or r.way = o.way)
) sums
where so_far <> spent

-- rule: an offset knows the advances of its account
select format('receipt %s says %s kopecks of advances, there were %s', o.id, o.advances_kop, there) as what
from payments_receipt o
cross join lateral (
    select greatest(0, coalesce(sum(case r.kind when 'advance' then r.amount_kop else -r.amount_kop end), 0)) as there
    from payments_receipt r
    where r.account_id = o.account_id and r.kind in ('advance', 'refund') and r."on" <= o."on" and r.id < o.id
      and (o.way = 'atol' or r.way = o.way)
) known
where o.kind in ('offset', 'offset_back') and o.advances_kop <> there
