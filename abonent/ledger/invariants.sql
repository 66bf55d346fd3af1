-- Each rule selects what breaks it; nothing selected is a ledger in order.

-- rule: a balance equals its transfers
select format('account %s has %s kopecks, its transfers sum to %s', a.id, a.balance_kop, coalesce(s.kop, 0)) as what
from ledger_account a
left join (
    select account_id, sum(kop) as kop
    from (
        select debit_id as account_id, -amount_kop as kop from ledger_transfer where debit_id >= 1000
        union all
        select credit_id, amount_kop from ledger_transfer where credit_id >= 1000
    ) sides
    group by account_id
) s on s.account_id = a.id
where a.balance_kop is not null and a.balance_kop <> coalesce(s.kop, 0)

-- rule: no transfer is an orphan
select format('transfer %s of %s is between accounts %s and %s, one of which does not exist',
              t.id, t."on", t.debit_id, t.credit_id) as what
from ledger_transfer t
left join ledger_account d on d.id = t.debit_id
left join ledger_account c on c.id = t.credit_id
where d.id is null or c.id is null

-- rule: a transfer goes the way its reason says
select format('transfer %s of %s: %s from %s to %s', t.id, t."on", t.reason, d.kind, c.kind) as what
from ledger_transfer t
join ledger_account d on d.id = t.debit_id
join ledger_account c on c.id = t.credit_id
where (t.reason, d.kind, c.kind) not in (
          ('payment', 'clearing', 'subscriber'), ('refund', 'subscriber', 'clearing'),
          ('charge', 'subscriber', 'revenue'), ('fee', 'subscriber', 'revenue'), ('return', 'revenue', 'subscriber'),
          ('bonus', 'bonus', 'subscriber'), ('move', 'subscriber', 'subscriber'),
          ('write_off', 'subscriber', 'write_off'), ('write_off', 'write_off', 'subscriber'),
          ('opening', 'opening', 'subscriber'), ('opening', 'subscriber', 'opening'))
  and t.reason <> 'reversal'

-- rule: a reversal is the opposite of the transfer it names, once
select format('reversal %s of %s names transfer %s of %s', t.id, t."on", t.reverses_id, t.reverses_on) as what
from (
    select *, row_number() over (partition by reverses_on, reverses_id order by id) as n
    from ledger_transfer where reason = 'reversal' or reverses_id is not null
) t
left join ledger_transfer first on first."on" = t.reverses_on and first.id = t.reverses_id
where t.n > 1 or t.reason <> 'reversal' or first.id is null or first.reason = 'reversal'
   or (first.debit_id, first.credit_id, first.amount_kop) is distinct from (t.credit_id, t.debit_id, t.amount_kop)

-- rule: a key names the transfer it was written for
select format('key %s names transfer %s of %s', k.key, k.transfer_id, k.transfer_on) as what
from ledger_key k
left join ledger_transfer t on t."on" = k.transfer_on and t.id = k.transfer_id
where t.id is null
   or k.key not like 'reversed:%' and k.body_hash <> sha256(convert_to(
          concat_ws('|', t.debit_id, t.credit_id, t.amount_kop, t."on", t.reason, t.reverses_on, t.reverses_id), 'UTF8'))

-- rule: every transfer but a charge has one key
select format('transfer %s of %s (%s) has %s keys', t.id, t."on", t.reason, count(k.key)) as what
from ledger_transfer t
left join ledger_key k on k.transfer_on = t."on" and k.transfer_id = t.id and k.key not like 'reversed:%'
where t.reason <> 'charge'
group by t.id, t."on", t.reason
having count(k.key) <> 1

-- rule: a transfer's number is used once
select format('transfer %s stands on %s dates', id, count(*)) as what
from ledger_transfer group by id having count(*) > 1
