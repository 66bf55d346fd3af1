-- Months of postpaid legal entities that were charged and have no documents.
-- Who lost the credit limit for an overdue invoice still had its services: earlier documents tell that it was there.
select c.id as contract_id, m.month
from subscribers_contract c
join subscribers_customer cu on cu.id = c.customer_id
join ledger_account a on a.contract_id = c.id
left join billing_terms t on t.account_id = a.id
cross join unnest(%(months)s::date[]) as m (month)
where cu.kind = 'legal'
  and (t.credit_limit_kop > 0 or exists (select from billing_document d where d.contract_id = c.id))
  and not exists (select from billing_document d where d.contract_id = c.id and d.month = m.month)
  and exists (
      select from ledger_transfer t
      where t.debit_id = a.id and t.debit_id >= 1000 and t.reason in ('charge', 'fee')
        and t."on" >= m.month and t."on" < m.month + interval '1 month'
  )
order by m.month, c.id
