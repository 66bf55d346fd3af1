-- The last documents of a month whose charges are no longer what they say: a charge came late, or money came back.
select d.contract_id, d.month, min(d.id) as document_id
from (
    select distinct on (contract_id, month, kind) id, contract_id, month, kind, total_kop
    from billing_document
    where month = any(%(months)s::date[])
    order by contract_id, month, kind, correction desc
) d
join ledger_account a on a.contract_id = d.contract_id
cross join lateral (
    select coalesce(sum(ch.amount_kop), 0)::bigint as charged_kop
    from billing_charge ch
    where ch.account_id = a.id and ch.transfer_id is not null
      and ch.charged_on >= d.month and ch.charged_on < d.month + interval '1 month'
      and ch.period_start >= d.month and ch.period_start < d.month + interval '1 month' + interval '62 days'
) charged
cross join lateral (
    select coalesce(sum(t.amount_kop), 0)::bigint as returned_kop
    from ledger_transfer t
    join billing_charge ch on ch.transfer_on = t.reverses_on and ch.transfer_id = t.reverses_id
    where t.credit_id = a.id and t.credit_id >= 1000 and t."on" >= d.month
      and t.reverses_on >= d.month and t.reverses_on < d.month + interval '1 month'
      and ch.account_id = a.id
      and ch.period_start >= d.month and ch.period_start < d.month + interval '1 month' + interval '62 days'
) returned
where d.total_kop <> charged_kop - returned_kop
group by d.contract_id, d.month
order by d.month, d.contract_id
