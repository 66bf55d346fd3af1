-- Invoices that hold of contracts, the newest first, each with what transfers that named it have brought and not taken back.
select d.account_id, d.contract_id, d.first_id, d.id, d.month, d.number, d.year, d.total_kop, d.pay_until,
       coalesce(named.kop, 0)::bigint as named_kop
from (
    select distinct on (d.contract_id, d.month) a.id as account_id, d.contract_id,
           coalesce(d.corrects_id, d.id) as first_id, d.id, d.month, d.number, d.year, d.total_kop, (d.data ->> 'pay_until')::date as pay_until
    from billing_document d
    join ledger_account a on a.contract_id = d.contract_id
    where d.contract_id = any(%(contracts)s) and d.kind = 'invoice'
    order by d.contract_id, d.month, d.correction desc
) d
left join lateral (
    select sum(greatest(o.amount_kop - coalesce(back.kop, 0), 0)) as kop
    from payments_invoiceoffset o
    left join payments_reversal r on r.payment_id = o.payment_id
    left join lateral (
        select sum(amount_kop) as kop from payments_refund
        where payment_id = o.payment_id and state in ('pending', 'succeeded')
    ) back on true
    where o.invoice_id = d.first_id and r.payment_id is null
) named on true
order by d.contract_id, d.month desc
