-- Each rule selects what breaks it; nothing selected is a billing in order.

-- rule: each charge recomputes
select format('charge of subscription %s from %s is %s kopecks; %s less %s, %s of %s days (%s, %s) makes %s',
              subscription_id, period_start, amount_kop, price_kop, discount_kop, days, of_days, charging, proration_days,
              makes) as what
from (
    select c.*, f.days, f.of_days, f.makes,
           case c.charging
               -- From a day of one month to the same of the next; where a month is too short, its last day is meant.
               when 'month' then
                   date_trunc('month', c.whole_end) = date_trunc('month', c.whole_start) + interval '1 month'
                   and (extract(day from c.whole_start) = extract(day from c.whole_end)
                        or extract(day from c.whole_start) > extract(day from c.whole_end)
                           and extract(day from c.whole_end + 1) = 1
                        or extract(day from c.whole_start) < extract(day from c.whole_end)
                           and extract(day from c.whole_start + 1) = 1)
               when 'day' then
                   c.whole_start = date_trunc('month', c.period_start)::date
                   and c.whole_end = (date_trunc('month', c.period_start) + interval '1 month')::date
               else c.whole_start = c.period_start and c.whole_end = c.period_end
           end
           and (c.charging = 'month' or c.period_end = c.period_start + 1)
           and c.proration_days in ('period', 'calendar_month', 'thirty') as is_shaped
    from (select *, period_end as until from billing_charge) c
    cross join lateral (
{second_formula}
    ) f
) recomputed
where makes is null or makes <> amount_kop or is_shaped is not true

-- rule: a charge has the transfer it names
select format('charge of subscription %s from %s names transfer %s of %s',
              c.subscription_id, c.period_start, c.transfer_id, c.transfer_on) as what
from billing_charge c
left join ledger_transfer t on t."on" = c.transfer_on and t.id = c.transfer_id
left join ledger_account house on house.id = t.credit_id
left join billing_subscription s on s.id = c.subscription_id
where c.transfer_id is not null
  and (t.id is null or t.reason <> 'charge' or t.debit_id <> c.account_id or t.amount_kop <> c.amount_kop
       or t."on" <> c.charged_on or house.code <> 'revenue:' || s.kind)

-- rule: a transfer of a charge has one charge
select format('transfer %s of %s has %s charges', t.id, t."on", count(c.id)) as what
from ledger_transfer t
left join billing_charge c on c.transfer_on = t."on" and c.transfer_id = t.id
where t.reason = 'charge'
group by t.id, t."on"
having count(c.id) <> 1

-- rule: revenue equals charges less returns
select format('%s took %s kopecks, its charges and fees less returns are %s', code, took,
              coalesce(charged, 0) + fees - returned) as what
from (
    select house.code,
           coalesce(sum(t.amount_kop) filter (where t.credit_id = house.id), 0)
             - coalesce(sum(t.amount_kop) filter (where t.debit_id = house.id), 0) as took,
           coalesce(sum(t.amount_kop) filter (where t.debit_id = house.id and t.reason = 'reversal'), 0)
             + coalesce((
                 select sum(r.amount_kop)
                 from billing_return r join billing_subscription s on s.id = r.subscription_id
                 where 'revenue:' || s.kind = house.code
             ), 0) as returned,
           coalesce(sum(t.amount_kop) filter (where t.credit_id = house.id and t.reason = 'fee'), 0) as fees
    from ledger_account house
    left join ledger_transfer t on house.id in (t.debit_id, t.credit_id)
    where house.kind = 'revenue'
    group by house.code
) revenue
left join (
    select 'revenue:' || s.kind as code, sum(c.amount_kop) as charged
    from billing_charge c join billing_subscription s on s.id = c.subscription_id
    group by s.kind
) charges using (code)
where took <> coalesce(charged, 0) + fees - returned

-- rule: each return recomputes
-- Used + returned = charged, by the price, the discount and the policy of the charge. What is charged once is kept.
select format('return of subscription %s from %s is %s kopecks: charged %s, %s of %s days used make %s',
              subscription_id, period_start, amount_kop, charged_kop, days, of_days, makes) as what
from (
    select r.subscription_id, r.period_start, r.amount_kop, r.charged_kop, r.used_kop, f.days, f.of_days, f.makes,
           c.amount_kop as taken_kop, c.period_end, r.used_until, c.account_id = r.account_id as is_own,
           c.charging = 'once' as is_kept
    from billing_return r
    left join lateral (
        select charge.*, r.used_until as until from billing_charge charge
        where charge.period_start = r.period_start and charge.subscription_id = r.subscription_id
          and charge.turn = r.turn
    ) c on true
    cross join lateral (
{second_formula}
    ) f
) recomputed
where taken_kop is null or charged_kop <> taken_kop or used_kop is distinct from makes
   or amount_kop <> charged_kop - makes or used_until >= period_end or is_own is not true or is_kept

-- rule: a return has the transfer it names
select format('return of subscription %s from %s names transfer %s of %s',
              r.subscription_id, r.period_start, r.transfer_id, r.transfer_on) as what
from billing_return r
left join ledger_transfer t on t."on" = r.transfer_on and t.id = r.transfer_id
left join ledger_account house on house.id = t.debit_id
left join billing_subscription s on s.id = r.subscription_id
where r.transfer_id is not null
  and (t.id is null or t.reason <> 'return' or t.credit_id <> r.account_id or t.amount_kop <> r.amount_kop
       or t."on" <> r.returned_on or house.code <> 'revenue:' || s.kind)

-- rule: a transfer of a return has one return
select format('transfer %s of %s has %s returns', t.id, t."on", count(r.id)) as what
from ledger_transfer t
left join billing_return r on r.transfer_on = t."on" and r.transfer_id = t.id
where t.reason = 'return'
group by t.id, t."on"
having count(r.id) <> 1

-- rule: no charge is an orphan
select format('charge from %s is of subscription %s of account %s', c.period_start, c.subscription_id, c.account_id) as what
from billing_charge c
left join billing_subscription s on s.id = c.subscription_id
left join ledger_account a on a.id = c.account_id
where a.id is null or s.account_id is distinct from c.account_id

-- rule: no subscription is an orphan
select format('subscription %s: account %s, line %s, tariff %s, version %s', s.id, s.account_id, s.line_id, s.parent_id,
              s.version_id) as what
from billing_subscription s
left join ledger_account a on a.id = s.account_id
left join subscribers_line l on l.id = s.line_id
left join billing_subscription parent on parent.id = s.parent_id
left join catalog_offerversion v on v.id = s.version_id
where a.contract_id is null or v.id is null
   or s.line_id is not null and l.contract_id is distinct from a.contract_id
   or s.parent_id is not null and (parent.account_id is distinct from s.account_id or parent.role <> 'tariff')

-- rule: no two charges of a subscription overlap
select format('subscription %s is charged for %s–%s and from %s', subscription_id, period_start, period_end, next_start) as what
from (
    select c.subscription_id, c.period_start, coalesce(r.used_until, c.period_end) as period_end,
           lead(c.period_start) over (partition by c.subscription_id order by c.period_start, c.turn) as next_start
    from billing_charge c
    left join billing_return r
        on r.period_start = c.period_start and r.subscription_id = c.subscription_id and r.turn = c.turn
    where not exists (
        select from ledger_transfer back
        where back.reverses_on = c.transfer_on and back.reverses_id = c.transfer_id
    )
      and (r.used_until is null or r.used_until > c.period_start)
) charged
where next_start < period_end

-- rule: one internet tariff a line
select format('line %s has %s internet tariffs', line_id, count(*)) as what
from billing_subscription
where role = 'tariff' and kind = 'internet' and state <> 'ended' and line_id is not null
group by line_id
having count(*) > 1

-- rule: the days paid are days charged
select format('subscription %s is paid until %s, its charges reach %s', s.id, s.paid_until, c.charged_until) as what
from billing_subscription s
join (
    select c.subscription_id, max(coalesce(r.used_until, c.period_end)) as charged_until
    from billing_charge c
    left join billing_return r
        on r.period_start = c.period_start and r.subscription_id = c.subscription_id and r.turn = c.turn
    group by c.subscription_id
) c on c.subscription_id = s.id
where s.paid_until < c.charged_until and s.state <> 'ended'

-- rule: what works is paid beyond the last date whose run has finished
select format('subscription %s is active, paid until %s, charged through %s', s.id, s.paid_until, through."on") as what
from billing_subscription s
join billing_chargedthrough through on s.paid_until <= through."on"
where s.state = 'active'
  and not exists (select from billing_parkedaccount p where p.account_id = s.account_id)

-- rule: an add-on works only with its tariff
select format('add-on %s is active, its tariff %s is %s', s.id, parent.id, parent.state) as what
from billing_subscription s
join billing_subscription parent on parent.id = s.parent_id
where s.state = 'active' and parent.state in ('suspended', 'waiting', 'paused', 'ended')

-- rule: a finished run has no chunk undone
select format('run of %s is finished, its chunk %s is not', r."on", c.number) as what
from billing_chargerun r join billing_chargechunk c on c.run_id = r.id
where r.state = 'finished' and c.fact is null

-- rule: a finished run took what its chunks took
select format('the run of %s took %s kopecks, its chunks %s', r."on", r.fact->>'amount_kop', took.kop) as what
from billing_chargerun r
cross join lateral (
    select coalesce(sum((c.fact->>'amount_kop')::bigint), 0) as kop from billing_chargechunk c where c.run_id = r.id
) took
where r.state = 'finished' and (r.fact->>'amount_kop')::bigint is distinct from took.kop

-- rule: what is charged through has no run that goes on
select format('the run of %s is %s, charged through %s', r."on", r.state, through."on") as what
from billing_chargerun r
join billing_chargedthrough through on r."on" <= through."on"
where r.state <> 'finished'

-- rule: a deferral counts as long as it lasts
select format('account %s has a deferral of %s kopecks in its terms, its open ones sum to %s', account_id,
              coalesce(t.deferral_kop, 0), coalesce(d.amount_kop, 0)) as what
from billing_terms t
full join (
    select account_id, sum(amount_kop) as amount_kop from billing_deferral where ended_on is null group by account_id
) d using (account_id)
where coalesce(t.deferral_kop, 0) <> coalesce(d.amount_kop, 0)

-- rule: a deferral ends on its date
select format('deferral %s of account %s was to end on %s and counts', d.id, d.account_id, d.ends_on) as what
from billing_deferral d
join billing_chargedthrough through on d.ends_on <= through."on"
where d.ended_on is null
  and not exists (select from billing_parkedaccount p where p.account_id = d.account_id)

-- rule: a fee has the transfer it names
select format('the fee of %s %s names transfer %s of %s', what, fee.id, transfer_id, transfer_on) as what
from (
    select 'deferral' as what, id, account_id, fee_kop, fee_transfer_on as transfer_on, fee_transfer_id as transfer_id
    from billing_deferral
    union all
    select 'pause', id, account_id, fee_kop, fee_transfer_on, fee_transfer_id from billing_pause
    union all
    select 'change', id, account_id, fee_kop, fee_transfer_on, fee_transfer_id from billing_change
) fee
left join ledger_transfer t on t."on" = fee.transfer_on and t.id = fee.transfer_id
where (fee.fee_kop = 0) <> (fee.transfer_id is null)
   or fee.fee_kop > 0 and (t.id is null or t.reason <> 'fee' or t.debit_id <> fee.account_id
                           or t.amount_kop <> fee.fee_kop)

-- rule: a transfer of a fee has one owner
select format('the fee %s of %s is of %s things', t.id, t."on", count(fee.fee_transfer_id)) as what
from ledger_transfer t
left join (
    select fee_transfer_on, fee_transfer_id from billing_deferral
    union all
    select fee_transfer_on, fee_transfer_id from billing_pause
    union all
    select fee_transfer_on, fee_transfer_id from billing_change
) fee on fee.fee_transfer_on = t."on" and fee.fee_transfer_id = t.id
where t.reason = 'fee'
group by t.id, t."on"
having count(fee.fee_transfer_id) <> 1

-- rule: an overdue invoice withholds the credit limit
-- An independent second formula: what was owed when the invoice's month ended, less the money that came since. As the
-- last run saw it, before its date's payments; and still so now.
select format('account %s: invoice %s/%s was to be paid by %s, %s kopecks of it are owed, the limit is %s', account_id,
              number, year, pay_until, least(owed_then, owed_now), credit_limit_kop) as what
from (
    select i.*, -sum(side.kop) filter (where not side.is_later and side."on" < i.through) as owed_then,
           -sum(side.kop) filter (where not side.is_later) as owed_now
    from (
        select distinct on (d.contract_id) a.id as account_id, d.number, d.year, through."on" as through,
               (d.data ->> 'pay_until')::date as pay_until, (d.month + interval '1 month')::date as since,
               t.credit_limit_kop
        from billing_terms t
        join ledger_account a on a.id = t.account_id
        join billing_document d on d.contract_id = a.contract_id and d.kind = 'invoice' and d.correction = 0
        join billing_chargedthrough through on (d.data ->> 'pay_until')::date < through."on"
        where t.credit_limit_kop > 0
          and not exists (select from billing_parkedaccount p where p.account_id = a.id)
        order by d.contract_id, d.month desc
    ) i
    cross join lateral (
        -- Charges and fees made after the month, and whatever undid those, are later than the invoice.
        select t."on", -t.amount_kop as kop, t.reason in ('charge', 'fee') and t."on" >= i.since as is_later
        from ledger_transfer t where t.debit_id = i.account_id and t.debit_id >= 1000
        union all
        select t."on", t.amount_kop,
               exists (
                   select from billing_return r
                   join billing_charge c using (period_start, subscription_id, turn)
                   where r.transfer_on = t."on" and r.transfer_id = t.id and c.charged_on >= i.since
               )
               or exists (
                   select from ledger_transfer was
                   where was."on" = t.reverses_on and was.id = t.reverses_id and was."on" >= i.since
                     and was.reason in ('charge', 'fee')
               )
        from ledger_transfer t where t.credit_id = i.account_id and t.credit_id >= 1000
    ) side
    group by i.account_id, i.number, i.year, i.through, i.pay_until, i.since, i.credit_limit_kop
) owing
where least(owed_then, owed_now) > 0

-- rule: a credit limit is withheld for an overdue invoice
select format('account %s has %s kopecks of credit withheld, and no invoice of it is overdue', t.account_id,
              t.withheld_limit_kop) as what
from billing_terms t
join ledger_account a on a.id = t.account_id
cross join billing_chargedthrough through
where t.withheld_limit_kop is not null
  and not exists (
      select from billing_document d
      where d.contract_id = a.contract_id and d.kind = 'invoice' and (d.data ->> 'pay_until')::date < through."on"
  )

-- rule: what is paused has a pause that runs
select format('subscription %s of account %s is paused, and no pause runs', s.id, s.account_id) as what
from billing_subscription s
where s.state = 'paused'
  and not exists (select from billing_pause u where u.account_id = s.account_id and u.state = 'running')

-- rule: a contract that has ended has nothing left that serves
select format('subscription %s is %s, its contract ended on %s', s.id, s.state, e.ends_on) as what
from billing_subscription s
join billing_ending e on e.account_id = s.account_id and e.state = 'done'
where s.state <> 'ended'

-- rule: what comes off a price is the discount that runs
-- A percent is rounded half up; a fixed sum is never more than the price.
select format('subscription %s: %s kopecks come off its price of %s, its discounts say %s', s.id, s.discount_kop,
              s.price_kop, coalesce(d.kop, 0)) as what
from billing_subscription s
left join (
    select g.subscription_id, sum(case g.kind
               when 'percent' then round(s.price_kop::numeric * g.percent_hundredths / 10000)
               else least(s.price_kop, g.amount_kop)
           end) as kop
    from billing_discount g join billing_subscription s on s.id = g.subscription_id
    where g.state = 'running'
    group by g.subscription_id
) d on d.subscription_id = s.id
where s.state <> 'ended' and s.discount_kop <> coalesce(d.kop, 0)

-- rule: a discount begins and ends on its date
select format('discount %s of subscription %s is %s: from %s to %s, charged through %s', d.id, d.subscription_id, d.state,
              d.from_on, d.to_on, through."on") as what
from billing_discount d
join billing_chargedthrough through
    on d.state = 'planned' and d.from_on <= through."on" or d.state = 'running' and d.to_on <= through."on"
where not exists (select from billing_parkedaccount p where p.account_id = d.account_id)

-- rule: a charge is cheaper only by a discount
-- One that was called off or moved to the next tariff on that very date held the day all the same.
select format('charge of subscription %s from %s has %s kopecks off %s, and no discount says so', c.subscription_id,
              c.period_start, c.discount_kop, c.price_kop) as what
from billing_charge c
where c.discount_kop > 0
  and not exists (
      select from billing_discount d
      where d.subscription_id = c.subscription_id
        and d.from_on <= c.period_start and (d.to_on is null or d.to_on >= c.period_start)
        and c.discount_kop = case d.kind when 'percent' then round(c.price_kop::numeric * d.percent_hundredths / 10000)
                                         else least(c.price_kop, d.amount_kop) end
  )

-- rule: no discount is an orphan
select format('discount %s is of subscription %s of account %s', d.id, d.subscription_id, d.account_id) as what
from billing_discount d
left join billing_subscription s on s.id = d.subscription_id
where s.account_id is distinct from d.account_id

-- rule: what is charged once is charged once
select format('subscription %s is charged once and has %s charges, it is %s', s.id, count(c.id), s.state) as what
from billing_subscription s
left join billing_charge c on c.subscription_id = s.id
where s.charging = 'once'
group by s.id
having count(c.id) > 1 or (s.state <> 'ended' and count(c.id) > 0)
