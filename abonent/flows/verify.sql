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

-- rule: an offset receipt stands on the ledger of its month's end
select format('receipt %s says charged %s, balance %s; the ledger says %s, %s',
              r.id, r.charged_kop, r.balance_kop, l.charged_kop, l.balance_kop) as what
from (
    -- The latest of each account: it stands on all that was before.
    select distinct on (account_id) * from payments_receipt
    where kind in ('offset', 'offset_back') order by account_id, id desc
) r
cross join lateral (
    select count(*) as transfers,
           coalesce(sum(case when t.credit_id = r.account_id then t.amount_kop else -t.amount_kop end), 0) as balance_kop,
           coalesce(sum(case when debit.kind = 'revenue' then -t.amount_kop
                             when credit.kind = 'revenue' then t.amount_kop end), 0) as charged_kop
    from (
        select debit_id, credit_id, amount_kop, created_at from ledger_transfer
        where credit_id = r.account_id and credit_id >= 1000 and "on" <= r."on"
        union all
        select debit_id, credit_id, amount_kop, created_at from ledger_transfer
        where debit_id = r.account_id and debit_id >= 1000 and "on" <= r."on"
    ) t
    join ledger_account debit on debit.id = t.debit_id
    join ledger_account credit on credit.id = t.credit_id
) l
  -- More transfers: one came late for that month; it counts in the next.
where (l.transfers < r.transfers
       or l.transfers = r.transfers and (l.charged_kop <> r.charged_kop or l.balance_kop <> r.balance_kop))

-- rule: a month whose offsets are decided left none out
select format('account %s has spent %s kopecks of its advances through %s, its offsets are %s',
              a.account_id, spent.kop, m.month, a.offset_kop) as what
from (select max(month) as month, max(done_at) as done_at from payments_offsetmonth) m
cross join lateral (
    select r.account_id,
           sum(case r.kind when 'advance' then r.amount_kop when 'refund' then -r.amount_kop else 0 end)
               filter (where r."on" < m.month + interval '1 month') as advances_kop,
           sum(case r.kind when 'offset' then r.amount_kop when 'offset_back' then -r.amount_kop else 0 end) as offset_kop
    from payments_receipt r
    group by r.account_id
    having bool_and(r.way = 'atol')
) a
cross join lateral (
    select coalesce(sum(case when t.credit_id = a.account_id then t.amount_kop else -t.amount_kop end), 0) as balance_kop,
           coalesce(sum(case when debit.kind = 'revenue' then -t.amount_kop
                             when credit.kind = 'revenue' then t.amount_kop end), 0) as charged_kop,
           max(t.created_at) as last_at
    from (
        select debit_id, credit_id, amount_kop, created_at from ledger_transfer
        where credit_id = a.account_id and credit_id >= 1000 and "on" < m.month + interval '1 month'
        union all
        select debit_id, credit_id, amount_kop, created_at from ledger_transfer
        where debit_id = a.account_id and debit_id >= 1000 and "on" < m.month + interval '1 month'
    ) t
    join ledger_account debit on debit.id = t.debit_id
    join ledger_account credit on credit.id = t.credit_id
) l
cross join lateral (
    select least(greatest(l.charged_kop, 0), a.advances_kop - least(a.advances_kop, greatest(l.balance_kop, 0))) as kop
) spent
where a.advances_kop > 0 and spent.kop <> a.offset_kop and l.last_at <= m.done_at
