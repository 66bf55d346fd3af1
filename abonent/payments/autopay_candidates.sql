-- Accounts with autopay on that may want a debit on a date, in order: the balance is below the rule's, or something of
-- theirs is charged within the days the other rule looks ahead, or is not simply active, or a deferral may end. Whoever
-- is paid for longer wants nothing: what is not covered stops on a date of charge (payments/autopay_rules.py).
select p.id, p.account_id
from payments_autopay p
join ledger_account a on a.id = p.account_id
where p.is_on and p.id > %(after)s
  and (
      a.balance_kop < p.below_kop
      or p.before_days is not null and (
          exists (
              select from billing_subscription s
              where s.account_id = p.account_id and s.state <> 'ended'
                and (s.state <> 'active' or s.paid_until is null
                     or s.paid_until <= %(on)s::date + p.before_days + %(notice_days)s)
          )
          or exists (select from billing_terms t where t.account_id = p.account_id and t.deferral_kop > 0)
      )
  )
order by p.id
limit %(limit)s
