-- Who pays by himself is told by his autopay. A month is told of once for its date; what is charged by the day once in a calendar week, however little is paid in.
create temporary table soon_notices on commit drop as
select case when by_month then format('charge_soon:%%s:%%s', account_id, stops_on)
            else format('money_ends:%%s:%%s', account_id, to_char(%(on)s::date, 'IYYY-IW')) end as key,
       contract_id, by_month,
       jsonb_build_object('missing_kop', missing_kop, 'stops_on', stops_on) as params
from billing_soon
where stops_on > %(today)s
  and account_id not in (select account_id from payments_autopay where is_on)
