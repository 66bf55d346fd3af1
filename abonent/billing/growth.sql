-- What happened to contracts and pauses, an event a row, with the day of it.
with events as (
    select 'new' as what, contract.id, contract.signed_on as "on", contract.number
    from subscribers_contract contract
    where contract.signed_on >= %(start)s and contract.signed_on < %(end)s
    union all
    select 'lost', contract.id, contract.ended_on, contract.number
    from subscribers_contract contract
    where contract.ended_on >= %(start)s and contract.ended_on < %(end)s
    union all
    select 'paused', pause.id, pause.starts_on, contract.number
    from billing_pause pause
    join ledger_account account on account.id = pause.account_id
    join subscribers_contract contract on contract.id = account.contract_id
    where pause.starts_on >= %(start)s and pause.starts_on < %(end)s and pause.state in ('running', 'over')
    union all
    select 'back', pause.id, pause.ends_on, contract.number
    from billing_pause pause
    join ledger_account account on account.id = pause.account_id
    join subscribers_contract contract on contract.id = account.contract_id
    where pause.ends_on >= %(start)s and pause.ends_on < %(end)s and pause.state = 'over'
)
