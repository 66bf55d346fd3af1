create temporary table moving_priced on commit drop as
select m.*,
       -- What is charged once was charged there.
       case when m.charging = 'once' then 'ended' else m.here_state end as own_state,
       case m.here_state when 'active' then greatest(m.paid_until, %(first_day)s::date)
                         when 'suspended' then least(coalesce(m.paid_until, %(on)s), %(first_day)s) end as own_paid_until
from (
    select m.*,
           -- An add-on works with its tariff or not at all; a pause is not taken over, it is agreed anew.
           case when m.state in ('active', 'suspended', 'paused', 'standing') then
               case when coalesce(parent.state, known.state, m.state) = 'waiting' then 'waiting'
                    when m.state = 'active' and coalesce(parent.state, known.state, 'active') = 'active' then 'active'
                    else 'suspended' end
           else m.state end as here_state
    from moving_subscriptions m
    left join moving_subscriptions parent on parent.own_id = m.parent_id
    left join billing_subscription known on known.id = m.parent_id
    where m.is_new
) m;

insert into billing_subscription
    (id, account_id, line_id, parent_id, version_id, role, kind, charging, price_kop, anchor_day, priority, state,
     paid_until, stopped_on, started_on, activated_on, ended_on, turn)
select m.own_id, m.account_id, m.line_id, m.parent_id, m.version_id, m.role, m.kind, m.charging, m.price_kop,
       -- An add-on keeps its tariff's periods, and its days are never paid past them by an import.
       case when %(calendar)s then 1
            else extract(day from coalesce(parent.own_paid_until, m.own_paid_until, m.started_on)) end,
       array_position(%(kinds)s::text[], m.kind::text) - 1 + case m.role when 'addon' then %(addon_priority)s else 0 end,
       m.own_state,
       case when m.own_state not in ('waiting', 'ended') then m.own_paid_until end,
       case when m.own_state = 'suspended' then %(on)s::date end,
       m.started_on,
       case when m.own_state <> 'waiting' then m.started_on end,
       case when m.own_state = 'ended' then coalesce(m.ended_on, m.started_on) end,
       0
from moving_priced m
left join moving_priced parent on parent.own_id = m.parent_id
order by m.account_id, m.role desc, m.own_id;

insert into billing_terms (account_id, credit_limit_kop, first_top_up_kop, activated_on)
select account_id, credit_limit_kop, 0, signed_on from moving_contracts where is_new and credit_limit_kop > 0
order by account_id;
