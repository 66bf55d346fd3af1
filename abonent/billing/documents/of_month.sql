-- What contracts have of a month: of each kind the last correction, a contract a row.
select c.id as contract_id, c.number as contract_number, cu.full_name as customer_name,
       max(d.total_kop)::bigint as total_kop, max(d.vat_kop)::bigint as vat_kop, max(d.correction)::int as correction,
       coalesce(max(d.id) filter (where d.kind = 'invoice'), 0)::bigint as invoice_id,
       coalesce(max(d.id) filter (where d.kind = 'act'), 0)::bigint as act_id,
       coalesce(max(d.id) filter (where d.kind = 'vat_invoice'), 0)::bigint as vat_invoice_id
from (
    select distinct on (contract_id, kind) id, contract_id, kind, total_kop, vat_kop, correction
    from billing_document
    where month = %(month)s
    order by contract_id, kind, correction desc
) d
join subscribers_contract c on c.id = d.contract_id
join subscribers_customer cu on cu.id = c.customer_id
where c.number > %(after)s
group by c.id, c.number, cu.full_name
order by c.number
limit %(most)s
