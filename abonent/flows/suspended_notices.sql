-- One notice for each account that lost something on a date; its key makes it one, however often the run repeats.
create temporary table suspended_notices on commit drop as
select format('suspended:%%s:%%s', account_id, %(on)s::date) as key, contract_id,
       jsonb_build_object('missing_kop', missing_kop) as params
from billing_changed
