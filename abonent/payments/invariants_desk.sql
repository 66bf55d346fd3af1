-- Each rule selects what breaks it: refunds, reversals, the cash desk, the bank's statements.

-- rule: a refund has its one transfer
select format('refund %s of %s kopecks (%s) names transfer %s of %s', r.id, r.amount_kop, r.state, r.transfer_id,
              r.transfer_on) as what
from payments_refund r
left join ledger_transfer t on t."on" = r.transfer_on and t.id = r.transfer_id
left join ledger_account house on house.id = t.credit_id
left join ledger_key k on k.key = format('refund:%s:%s', r.channel, r.external_id)
where (r.state in ('pending', 'succeeded') or r.transfer_id is not null)
  and ((t.reason, t.debit_id, t.amount_kop, t."on", house.code, k.transfer_id)
       is distinct from ('refund'::varchar, r.account_id, r.amount_kop, r."on", 'clearing:' || r.channel, r.transfer_id))

-- rule: what left for a canceled refund is back
select format('refund %s is %s, its transfer %s is reversed by %s', r.id, r.state, r.transfer_id, r.returned_id) as what
from payments_refund r
left join ledger_transfer back on back."on" = r.returned_on and back.id = r.returned_id
where (r.state = 'canceled' and r.transfer_id is not null or r.returned_id is not null)
  and (r.state <> 'canceled'
       or (back.reason, back.reverses_on, back.reverses_id)
          is distinct from ('reversal'::varchar, r.transfer_on, r.transfer_id))

-- rule: a transfer of a refund has one cause
select format('transfer %s of %s of %s kopecks has %s causes', t.id, t."on", t.amount_kop, count(cause.id)) as what
from ledger_transfer t
left join (
    select id, transfer_on, transfer_id from payments_refund where transfer_id is not null
    union all
    select id, transfer_on, transfer_id from billing_payout where state = 'paid'
) cause on cause.transfer_on = t."on" and cause.transfer_id = t.id
where t.reason = 'refund'
group by t.id, t."on", t.amount_kop
having count(cause.id) <> 1

-- rule: refunds and the reversal of a payment are at most the payment
select format('payment %s of %s kopecks (%s): %s went back, %s reversed', p.id, p.amount_kop, p.state,
              coalesce(r.kop, 0), coalesce(v.kop, 0)) as what
from payments_payment p
left join (
    select payment_id, sum(amount_kop) as kop, count(distinct account_id) as accounts, min(account_id) as account_id
    from payments_refund where state <> 'canceled' group by payment_id
) r on r.payment_id = p.id
left join (
    select v.payment_id, p.amount_kop as kop from payments_reversal v join payments_payment p on p.id = v.payment_id
) v on v.payment_id = p.id
where (r.kop is not null or v.kop is not null)
  and (p.state <> 'succeeded' or coalesce(r.kop, 0) + coalesce(v.kop, 0) > p.amount_kop
       or r.accounts > 1 or r.account_id <> p.account_id)

-- rule: a payment taken back has its reversing transfer
select format('payment %s was taken back by transfer %s of %s', v.payment_id, v.transfer_id, v.transfer_on) as what
from payments_reversal v
left join payments_payment p on p.id = v.payment_id
left join ledger_transfer t on t."on" = v.transfer_on and t.id = v.transfer_id
where (t.reason, t.reverses_on, t.reverses_id)
      is distinct from ('reversal'::varchar, p.transfer_on, p.transfer_id)

-- rule: a reversal of a payment or a refund has its row
select format('transfer %s of %s reverses %s %s of %s', t.id, t."on", first.reason, first.id, first."on") as what
from ledger_transfer t
join ledger_transfer first on first."on" = t.reverses_on and first.id = t.reverses_id
left join payments_reversal v on v.transfer_on = t."on" and v.transfer_id = t.id
left join payments_refund r on r.returned_on = t."on" and r.returned_id = t.id
where t.reason = 'reversal'
  and (first.reason = 'payment' and v.payment_id is null or first.reason = 'refund' and r.id is null)

-- rule: the cash desk's orders are numbered without gaps
select format('%s orders of %s: %s of them, the last number is %s, the counter stands at %s', kind, year, n, last,
              last_number) as what
from (
    select kind, year, count(*) as n, min(number) as first, max(number) as last
    from payments_cashorder group by kind, year
) orders
full join payments_cashordercounter counter using (kind, year)
where (n, first, last) is distinct from (last_number::bigint, 1, last_number)

-- rule: a cash order says what its payment or refund says
select format('cash order %s (%s No. %s of %s): %s kopecks of account %s', o.id, o.kind, o.number, o.year, o.amount_kop,
              o.account_id) as what
from payments_cashorder o
left join payments_reversal v on v.payment_id = o.reversal_id and v.kind = 'correction'
left join payments_payment p on p.id = coalesce(o.payment_id, v.payment_id) and p.state = 'succeeded'
     and p.channel = 'cash'
left join payments_refund r on r.id = o.refund_id and r.state = 'succeeded' and r.channel = 'cash'
left join billing_payout left_over on left_over.id = o.payout_id and left_over.state = 'paid'
where (o.amount_kop, o.account_id)
      is distinct from (coalesce(p.amount_kop, r.amount_kop, left_over.amount_kop),
                        coalesce(p.account_id, r.account_id, left_over.account_id))

-- rule: a closed shift's sums are its orders'
select format('shift %s of %s says %s taken in %s and %s given in %s; its orders are %s in %s and %s in %s', s.number,
              s.cashier, s.taken_kop, s.taken_count, s.given_kop, s.given_count, o.taken_kop, o.taken_count, o.given_kop,
              o.given_count) as what
from payments_cashshift s
cross join lateral (
    select count(*) filter (where kind = 'in') as taken_count,
           coalesce(sum(amount_kop) filter (where kind = 'in'), 0) as taken_kop,
           count(*) filter (where kind = 'out') as given_count,
           coalesce(sum(amount_kop) filter (where kind = 'out'), 0) as given_kop
    from payments_cashorder where shift_id = s.id
) o
where s.closed_at is not null
  and (s.taken_count, s.taken_kop, s.given_count, s.given_kop)
      is distinct from (o.taken_count, o.taken_kop, o.given_count, o.given_kop)

-- rule: an order is of its own cashier's shift, made while that was open
select format('cash order %s of %s by %s is of the shift %s of %s', o.number, o.year, o.cashier, s.number, s.cashier)
       as what
from payments_cashorder o
join payments_cashshift s on s.id = o.shift_id
where o.cashier <> s.cashier

-- rule: a credited document of the bank has its payment
select format('bank document %s of %s kopecks (%s) has payment %s', e.id, e.amount_kop, e.state, e.payment_id) as what
from payments_bankentry e
left join payments_payment p on p.id = e.payment_id
left join payments_reversal v on v.payment_id = p.id
where e.payment_id is not null
  and ((p.state, p.channel, p.amount_kop, p.account_id)
       is distinct from ('succeeded'::varchar, 'bank'::varchar, e.amount_kop, e.account_id) or v.payment_id is not null)

-- rule: a bank's transfer in the books has its document
select format('payment %s of %s kopecks came by the bank and no document of a statement says so', p.id,
              p.amount_kop) as what
from payments_payment p
left join payments_bankentry e on e.payment_id = p.id
left join payments_reversal v on v.payment_id = p.id
where p.channel = 'bank' and p.state = 'succeeded' and e.id is null and v.payment_id is null
