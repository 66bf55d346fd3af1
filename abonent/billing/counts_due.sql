-- What was decided, by kind of service.
select kind,
       count(*) filter (where fits) as charges,
       count(id) as transfers,
       coalesce(sum(amount_kop), 0)::bigint as amount_kop,
       count(*) filter (where not fits) as suspensions
from billing_due
group by kind
order by kind
