-- Each rule selects what breaks it; nothing selected are documents in order.

-- rule: a document's sums are its lines'
select format('%s %s/%s (correction %s) says %s, its lines say %s', d.kind, d.number, d.year, d.correction,
              array[d.total_kop, d.vat_kop], array[l.total_kop, l.vat_kop]) as what
from billing_document d
cross join lateral (
    select coalesce(sum((line ->> 'amount_kop')::bigint), 0) as total_kop,
           coalesce(sum((line ->> 'vat_kop')::bigint), 0) as vat_kop
    from jsonb_array_elements(d.data -> 'lines') line
) l
where l.total_kop <> d.total_kop or l.vat_kop <> d.vat_kop

-- rule: a line is the ledger's charges that it names, less what came back of them
select format('%s %s/%s (correction %s) has a line of %s kopecks, the ledger says %s', d.kind, d.number, d.year,
              d.correction, line ->> 'amount_kop', ledger.kop) as what
from billing_document d
join ledger_account a on a.contract_id = d.contract_id
cross join lateral jsonb_array_elements(d.data -> 'lines') line
cross join lateral (
    select sum(case when t.debit_id = a.id then t.amount_kop when t.credit_id = a.id then -t.amount_kop end) as kop
    from jsonb_array_elements((line -> 'charges') || (line -> 'returns')) named
    left join ledger_transfer t on t."on" = (named ->> 0)::date and t.id = (named ->> 1)::bigint
) ledger
where ledger.kop is distinct from (line ->> 'amount_kop')::bigint

-- rule: a line's VAT is counted once, at the line
-- An independent second formula: the rounding is numeric's.
select format('%s %s/%s (correction %s) has a line of %s kopecks with %s of VAT, %s%% makes %s', d.kind, d.number,
              d.year, d.correction, line ->> 'amount_kop', line ->> 'vat_kop', d.data ->> 'vat_rate', makes.kop) as what
from billing_document d
cross join lateral jsonb_array_elements(d.data -> 'lines') line
cross join lateral (
    select case when d.data ->> 'vat_rate' = 'none' then 0
                else round((line ->> 'amount_kop')::numeric * (d.data ->> 'vat_rate')::int
                           / (100 + (d.data ->> 'vat_rate')::int)) end as kop
) makes
where makes.kop <> (line ->> 'vat_kop')::bigint

-- rule: every charge of a documented month stands in its last documents
select format('%s %s/%s (correction %s) lacks transfer %s of %s', d.kind, d.number, d.year, d.correction, t.id, t."on")
           as what
from (
    select distinct on (contract_id, month, kind) * from billing_document
    order by contract_id, month, kind, correction desc
) d
join ledger_account a on a.contract_id = d.contract_id
join ledger_transfer t
    on t.debit_id = a.id and t.debit_id >= 1000 and t.reason in ('charge', 'fee')
    and t."on" >= d.month and t."on" < d.month + interval '1 month'
where not exists (
    select from jsonb_array_elements(d.data -> 'lines') line, jsonb_array_elements(line -> 'charges') named
    where (named ->> 0)::date = t."on" and (named ->> 1)::bigint = t.id
)
and not exists (select from billing_return r join billing_charge c using (period_start, subscription_id, turn)
                where c.transfer_on = t."on" and c.transfer_id = t.id)
and not exists (select from ledger_transfer back where back.credit_id = a.id and back.credit_id >= 1000
                and back.reverses_on = t."on" and back.reverses_id = t.id)

-- rule: no charge stands on two lines of a document
select format('%s %s/%s (correction %s) names transfer %s twice', d.kind, d.number, d.year, d.correction, named) as what
from billing_document d
cross join lateral jsonb_array_elements(d.data -> 'lines') line
cross join lateral jsonb_array_elements(line -> 'charges') named
group by d.id, named
having count(*) > 1

-- rule: the documents of a month agree
select format('contract %s, %s, correction %s: sums %s', contract_id, month, correction,
              array_agg(distinct array[total_kop, vat_kop])) as what
from billing_document
group by contract_id, month, correction
having count(distinct (total_kop, vat_kop)) > 1

-- rule: numbers go without gaps
select format('%s of %s: %s documents, the greatest number is %s, the counter says %s', kind, year, count(d.id),
              max(d.number), max(c.last_number)) as what
from billing_documentcounter c
full join (select * from billing_document where correction = 0) d using (kind, year)
group by kind, year
having count(d.id) <> max(d.number) or max(d.number) is distinct from max(c.last_number)

-- rule: a correction names its first, and corrections follow each other
select format('%s %s/%s: correction %s of %s', d.kind, d.number, d.year, d.correction, first.id) as what
from billing_document d
left join billing_document first
    on first.id = d.corrects_id and first.correction = 0 and first.contract_id = d.contract_id
    and first.kind = d.kind and first.month = d.month and first.year = d.year and first.number = d.number
where d.correction > 0
  and (first.id is null or not exists (
      select from billing_document before
      where before.contract_id = d.contract_id and before.kind = d.kind and before.month = d.month
        and before.correction = d.correction - 1
  ))
