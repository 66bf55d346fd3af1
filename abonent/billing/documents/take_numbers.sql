-- Numbers and the documents that have them, in one statement: the counters are locked from here to the commit only.
with wanted as (
    select *
    from jsonb_to_recordset(%(wanted)s::jsonb)
        as w (contract_id bigint, kind text, month date, issued_on date, total_kop bigint, vat_kop bigint, data jsonb)
), taken as (
    insert into billing_documentcounter as counter (kind, year, last_number)
    select kind, extract(year from issued_on)::int, 1 from wanted order by kind
    on conflict (kind, year) do update set last_number = counter.last_number + 1
    returning kind, year, last_number
)
insert into billing_document
    (contract_id, kind, month, correction, year, number, issued_on, total_kop, vat_kop, data)
select w.contract_id, w.kind, w.month, 0, t.year, t.last_number, w.issued_on, w.total_kop, w.vat_kop, w.data
from wanted w
join taken t using (kind)
returning id, kind, year, number, made_at
