-- How many contracts have documents of a month, and the sum of the invoices that hold.
select count(*)::int as contracts, coalesce(sum(total_kop), 0)::bigint as total_kop
from (
    select distinct on (contract_id) total_kop
    from billing_document
    where month = %(month)s and kind = 'invoice'
    order by contract_id, correction desc
) d
