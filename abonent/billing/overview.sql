-- All that an account's first screen shows, in one row. The bounds of dates let the planner leave old months alone.
select a.id as account_id, a.contract_id, a.balance_kop, c.number, c.signed_on, cu.kind as customer_kind,
       cu.full_name, cu.given_name,
       coalesce(t.credit_limit_kop, 0) as credit_limit_kop,
       coalesce(t.deferral_kop, 0) as deferral_kop,
       case when t.deferral_kop > 0 then (
           select d.ends_on from billing_deferral d where d.account_id = a.id and d.ended_on is null
       ) end as deferral_ends_on,
       (
           select json_build_array(u.kind, u.state, u.starts_on, u.ends_on, u.fee_kop)
           from billing_pause u where u.account_id = a.id and u.state in ('planned', 'running')
       ) as pause,
       (
           select e.ends_on from billing_ending e where e.account_id = a.id and e.state = 'planned'
       ) as contract_ends_on,
       exists (
           select from billing_change g where g.account_id = a.id and g.state in ('asked', 'to_agree', 'planned')
       ) as has_open_changes,
       t.withheld_limit_kop,
       coalesce(t.first_top_up_kop, 0) as first_top_up_kop,
       t.activated_on,
       case when t.first_top_up_kop > 0 and t.activated_on is null then (
           select coalesce(sum(sides.kop), 0)::bigint
           from (
               select amount_kop as kop, debit_id as house_id from ledger_transfer
               where credit_id = a.id and credit_id >= 1000 and "on" >= c.signed_on
               union all
               select -amount_kop, credit_id from ledger_transfer
               where debit_id = a.id and debit_id >= 1000 and "on" >= c.signed_on
           ) sides
           join ledger_account house on house.id = sides.house_id and house.kind = 'clearing'
       ) end as paid_in_kop,
       (select "on" from billing_chargedthrough) as charged_through,
       (
           select json_agg(json_build_array(
                      s.id, s.parent_id, s.line_id, s.role, s.kind, s.charging, s.price_kop, s.state, s.paid_until,
                      s.stopped_on, s.started_on, s.priority, o.code, o.name_ru, o.name_en, v.down_mbps,
                      v.up_mbps, v.included_octets, v.channels, b.settlement, b.street, b.house, b.korpus, b.stroenie,
                      b.liter, p.flat, s.anchor_day,
                      (
                          select json_agg(json_build_array(
                                     d.kind, d.percent_hundredths, d.amount_kop, d.from_on, d.to_on
                                 ))
                          from billing_discount d where d.subscription_id = s.id and d.state <> 'void'
                      ),
                      case when exists (
                          select from billing_repricing where moved_at is null and withdrawn_at is null
                      ) then (
                          select json_agg(json_build_array(p.moves_from, p.new_price_kop) order by p.number)
                          from billing_repriceable p where p.subscription_id = s.id
                      ) end
                  ) order by s.priority, s.id)
           from billing_subscription s
           join catalog_offerversion v on v.id = s.version_id
           join catalog_offer o on o.id = v.offer_id
           left join subscribers_line l on l.id = s.line_id
           left join addresses_premises p on p.id = l.premises_id
           left join addresses_building b on b.id = p.building_id
           where s.account_id = a.id and s.state <> 'ended'
       ) as subscriptions,
       (
           select json_agg(json_build_array(
                      line.on_date, line.reason, line.amount_kop, line.house, line.period_start, line.period_end,
                      o.name_ru, o.name_en, line.transfer_id
                  ) order by line.on_date desc, line.transfer_id desc)
           from (
               (
                   select charged_on as on_date, 'charge' as reason, -amount_kop as amount_kop, null as house,
                          period_start, period_end, subscription_id, transfer_id
                   from billing_charge
                   where account_id = a.id and period_start >= %(since)s::date and period_start <= %(until)s::date
                     and transfer_id is not null
                   order by period_start desc, transfer_id desc
                   limit %(lines)s
               )
               union all
               (
                   select x."on", x.reason, x.amount_kop, house.code, null::date, null::date, null::bigint, x.id
                   from (
                       (
                           select "on", id, reason, amount_kop, debit_id as house_id
                           from ledger_transfer
                           where credit_id = a.id and credit_id >= 1000
                             and "on" >= %(since)s::date and "on" <= %(until)s::date
                           order by "on" desc, id desc
                           limit %(lines)s
                       )
                       union all
                       (
                           select "on", id, reason, -amount_kop, credit_id
                           from ledger_transfer
                           where debit_id = a.id and debit_id >= 1000 and reason <> 'charge'
                             and "on" >= %(since)s::date and "on" <= %(until)s::date
                           order by "on" desc, id desc
                           limit %(lines)s
                       )
                   ) x
                   join ledger_account house on house.id = x.house_id
               )
               order by on_date desc, transfer_id desc
               limit %(lines)s
           ) line
           left join billing_subscription s on s.id = line.subscription_id
           left join catalog_offerversion v on v.id = s.version_id
           left join catalog_offer o on o.id = v.offer_id
       ) as lines
from ledger_account a
join subscribers_contract c on c.id = a.contract_id
join subscribers_customer cu on cu.id = c.customer_id
left join billing_terms t on t.account_id = a.id
where a.contract_id = %(contract_id)s
