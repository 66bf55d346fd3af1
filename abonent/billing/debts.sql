-- Who owes now, and whose turn it is for what: open episodes of debt, the balance of this moment, the steps taken.
-- A late step moves all that follow by as many days: `from_on` is when the debt began, as the stages count.
-- The rest of the statement, which takes them from `meant`, comes in place of the last line.
with owing as (
    select d.id as debt_id, d.account_id, a.contract_id, d.began_on, -a.balance_kop as owed_kop,
           %(on)s::date - d.began_on as age_days,
           case when d.held_until >= %(on)s::date then d.held_until end as held_until,
           step.notice_on, step.suspension_on, step.letter_on, step.end_on,
           greatest(d.began_on, step.from_on) as from_on,
           step.suspension_on is not null or not exists (
               select from billing_subscription s where s.account_id = d.account_id and s.state in ('active', 'waiting')
           ) as is_suspended,
           coalesce(contract.ended_on, ending.ends_on, step.end_on) as ends_on
    from billing_debt d
    join ledger_account a on a.id = d.account_id
    join subscribers_contract contract on contract.id = a.contract_id
    left join billing_terms t on t.account_id = d.account_id
    left join billing_ending ending on ending.account_id = d.account_id and ending.state = 'planned'
    cross join lateral (
        select max(s."on") filter (where s.stage = 'notice') as notice_on,
               max(s."on") filter (where s.stage = 'suspension') as suspension_on,
               max(s."on") filter (where s.stage = 'letter') as letter_on,
               max(s."on") filter (where s.stage = 'contract_end') as end_on,
               max(s."on" - case s.stage when 'notice' then %(notice_days)s::int
                   when 'suspension' then %(suspension_days)s::int when 'letter' then %(letter_days)s::int
                   else %(contract_end_days)s::int end) as from_on
        from billing_debtstep s where s.debt_id = d.id
    ) step
    where d.ended_on is null
      and (%(accounts)s::bigint[] is null or d.account_id = any(%(accounts)s::bigint[]))
      and a.balance_kop < 0
      and a.balance_kop + coalesce(t.credit_limit_kop, 0) + coalesce(t.deferral_kop, 0) < 0
), turned as (
    select *, case when ends_on is not null then 'ended'
                   when notice_on is null then 'notice'
                   when not is_suspended then 'suspension'
                   when letter_on is null then 'letter'
                   else 'contract_end' end as turn
    from owing
), due as (
    select *,
           case turn when 'notice' then from_on + %(notice_days)s::int
               when 'suspension' then from_on + %(suspension_days)s::int
               when 'letter' then from_on + %(letter_days)s::int
               when 'contract_end' then from_on + %(contract_end_days)s::int end as due_on,
           case turn when 'notice' then %(notice_kop)s::bigint when 'suspension' then %(suspension_kop)s::bigint
               when 'letter' then %(letter_kop)s::bigint else %(contract_end_kop)s::bigint end as least_kop
    from turned
), placed as (
    select *, case when turn = 'ended' then 'ended'
                   when held_until is not null then 'held'
                   when due_on <= %(on)s::date and owed_kop >= least_kop then turn
                   else 'waiting' end as place
    from due
), meant as (
    select * from placed
    where (%(place)s::text = '' or place = %(place)s::text)
      and age_days >= %(age_from)s::int and age_days <= %(age_to)s::int
      and owed_kop >= %(least_kop)s::bigint and (%(most_kop)s::bigint = 0 or owed_kop <= %(most_kop)s::bigint)
      and (%(building_id)s::bigint = 0 or exists (
          select from subscribers_line line join addresses_premises premises on premises.id = line.premises_id
          where line.contract_id = placed.contract_id and premises.building_id = %(building_id)s::bigint))
      and (%(tariff)s::text = '' or exists (
          select from billing_subscription s
          join catalog_offerversion version on version.id = s.version_id
          join catalog_offer offer on offer.id = version.offer_id
          where s.account_id = placed.account_id and s.role = 'tariff' and s.state <> 'ended'
            and offer.code = %(tariff)s::text))
)
{then}
