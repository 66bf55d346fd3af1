-- What an account holds and on what terms, in the order of charging.
select s.id, s.parent_id, s.kind, s.charging, s.price_kop, s.state, s.paid_until, s.stopped_on, s.started_on, s.turn,
       s.anchor_day, s.priority,
       (
           select json_agg(json_build_array(d.kind, d.percent_hundredths, d.amount_kop, d.from_on, d.to_on))
           from billing_discount d where d.subscription_id = s.id and d.state <> 'void'
       ) as discounts,
       (
           select json_agg(json_build_array(n.moves_from, n.new_price_kop) order by n.number)
           from billing_repriceable n where n.subscription_id = s.id
       ) as new_prices,
       coalesce(t.credit_limit_kop, 0) as credit_limit_kop,
       coalesce(t.deferral_kop, 0) as deferral_kop,
       case when t.activated_on is null then coalesce(t.first_top_up_kop, 0) else 0 end as first_top_up_kop,
       t.account_id is not null and t.activated_on is null as may_activate,
       p.account_id is not null as parked
from billing_subscription s
left join billing_terms t on t.account_id = s.account_id
left join billing_parkedaccount p on p.account_id = s.account_id
where s.account_id = %s and s.state <> 'ended'
order by s.priority, s.id
