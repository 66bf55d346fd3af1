-- Rules between rooms: payments and the ledger.

-- rule: a succeeded payment has its one transfer
select format('payment %s of %s kopecks names transfer %s of %s', p.id, p.amount_kop, p.transfer_id, p.transfer_on) as what
from (
    select *, count(*) over (partition by transfer_on, transfer_id) as sharing from payments_payment where state = 'succeeded'
) p
left join ledger_transfer t on t."on" = p.transfer_on and t.id = p.transfer_id
left join ledger_account house on house.id = t.debit_id
where p.sharing > 1 or t.id is null or t.reason <> 'payment' or t.credit_id <> p.account_id
   or t.amount_kop <> p.amount_kop or house.code <> 'clearing:' || p.channel or t."on" <> p."on"

-- rule: a transfer of a payment has one payment
select format('transfer %s of %s has %s payments', t.id, t."on", count(p.id)) as what
from ledger_transfer t
left join payments_payment p on p.transfer_on = t."on" and p.transfer_id = t.id and p.state = 'succeeded'
where t.reason = 'payment'
group by t.id, t."on"
having count(p.id) <> 1

-- rule: clearing equals payments less refunds
select format('%s gave %s kopecks, its payments less refunds are %s', code, gave, coalesce(kept, 0)) as what
from (
    select house.code,
           coalesce(sum(t.amount_kop) filter (where t.debit_id = house.id), 0)
             - coalesce(sum(t.amount_kop) filter (where t.credit_id = house.id), 0) as gave
    from ledger_account house
    left join ledger_transfer t on house.id in (t.debit_id, t.credit_id)
    where house.kind = 'clearing'
    group by house.code
) clearing
left join (
    select 'clearing:' || channel as code, sum(kop) as kept
    from (
        select channel, amount_kop as kop from payments_payment where state = 'succeeded'
        union all
        select p.channel, -p.amount_kop from payments_reversal v join payments_payment p on p.id = v.payment_id
        union all
        select channel, -amount_kop from payments_refund where state in ('pending', 'succeeded')
        union all
        select 'cash', -amount_kop from billing_payout where state = 'paid'
    ) moved
    group by channel
) books using (code)
where gave <> coalesce(kept, 0)

-- rule: no account is an orphan
select format('account %s is of contract %s', a.id, a.contract_id) as what
from ledger_account a
left join subscribers_contract c on c.id = a.contract_id
where a.kind = 'subscriber' and c.id is null

-- rule: no payment is an orphan
select format('payment %s is of account %s', p.id, p.account_id) as what
from payments_payment p
left join ledger_account a on a.id = p.account_id and a.kind = 'subscriber'
where a.id is null
