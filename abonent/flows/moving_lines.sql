-- Once customers, contracts and lines stand: which line a subscription and a device belong to, and an add-on's tariff.
update moving_subscriptions m set line_id = l.line_id
from moving_lines l
where l.contract_own_id = m.contract_own_id and l.premises_id is not distinct from m.premises_id
  and l.segment = m.segment;
analyze moving_subscriptions;

create temporary table moving_tariff_ids on commit drop as
select line, own_id, account_id, line_id, kind, tariff as code from moving_subscriptions
where role = 'tariff' and state <> 'ended' and is_new
union all
select 0, s.id, s.account_id, s.line_id, s.kind, o.code
from billing_subscription s
join catalog_offerversion v on v.id = s.version_id
join catalog_offer o on o.id = v.offer_id
where s.role = 'tariff' and s.state <> 'ended'
  and s.account_id in (select account_id from moving_subscriptions where is_new);
analyze moving_tariff_ids;
update moving_subscriptions m set parent_id = found.parent_id
from (
    select m.line, min(t.own_id) as parent_id
    from moving_subscriptions m
    join moving_tariff_ids t on t.account_id = m.account_id and t.line_id is not distinct from m.line_id
        and (t.kind = any(m.requires) or t.code = any(m.requires) or m.requires = '{}' and t.kind = m.kind)
    where m.role = 'addon' and m.is_new
    group by m.line
) found
where found.line = m.line;

update moving_devices m set line_id = l.id
from (
    select contract_id, premises_id, min(id) as id, count(*) over (partition by contract_id) as lines
    from subscribers_line where contract_id in (select contract_own_id from moving_devices)
    group by 1, 2
) l
where l.contract_id = m.contract_own_id
  and (l.premises_id = m.premises_id or m.address_id is null and l.lines = 1);
