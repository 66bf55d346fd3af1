"""Lines of the audit log in words: who, what, when, why, from which values to which."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from abonent.core import clock, money
from abonent.core.models import AuditEntry

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

# What is not here is shown by its code: better than a wrong word.
WORDS: dict[str, StrPromise] = {
    "backoffice.look": _("Looked at"),
    "backoffice.look_as_owner": _("Looked at a page as its owner"),
    "backoffice.look_petition": _("Looked at what a person asks"),
    "backoffice.open_as_owner": _("Opened the account as its owner sees it"),
    "backoffice.print": _("Printed a paper"),
    "backoffice.print_letter": _("Printed the letter with the password"),
    "backoffice.search": _("Searched"),
    "billing.approve_change": _("Approved a change of tariff"),
    "billing.ask_payout": _("What is left was asked back"),
    "billing.cancel_change": _("A change of tariff was taken back"),
    "billing.cancel_end": _("Called the end of the contract off"),
    "billing.cancel_pause": _("Called a pause off"),
    "billing.change_addon": _("Changed an add-on"),
    "billing.change_tariff": _("Changed the tariff"),
    "billing.continue_run": _("Let a stopped charge run go on"),
    "billing.debt_contract_end": _("Ended the contract of a debtor"),
    "billing.debt_letter": _("Gave a debtor a letter"),
    "billing.debt_notice": _("Sent a debtor a notice"),
    "billing.debt_suspension": _("Suspended a debtor"),
    "billing.end_discount": _("Ended a discount"),
    "billing.end_pause": _("Ended a pause"),
    "billing.expire_change": _("A wish for another tariff expired"),
    "billing.give_deferral": _("A deferred payment by itself"),
    "billing.give_discount": _("Gave a discount"),
    "billing.grant_deferral": _("Granted a deferred payment"),
    "billing.hold_debt": _("Wrote a promise to pay down"),
    "billing.move_left": _("Moved what was left to another contract"),
    "billing.pay_out": _("Paid out what was left"),
    "billing.plan_end": _("Planned the end of the contract"),
    "billing.plan_pause": _("Planned a pause"),
    "billing.refuse_change": _("Refused a change of tariff"),
    "billing.release_debt": _("Took a promise to pay off"),
    "billing.resume_now": _("Put the service on again"),
    "billing.switch_off": _("Switched the service off"),
    "billing.unpark": _("Let a parked account be charged again"),
    "billing.withdraw_payout": _("What was asked back is not asked back any more"),
    "billing.write_off": _("Wrote off what was left or owed"),
    "core.go_on_batch": _("Let an act on many go on"),
    "core.start_batch": _("Began an act on many"),
    "core.stop_batch": _("Stopped an act on many"),
    "documents.correct": _("Corrected documents"),
    "documents.make": _("Made documents"),
    "addresses.change_building": _("Changed a building"),
    "addresses.import_buildings": _("Took in a list of buildings"),
    "addresses.make_building": _("Added a building"),
    "catalog.announce_version": _("Gave a tariff or a service a new version"),
    "catalog.describe_offer": _("Changed how a tariff or a service is sold"),
    "catalog.make_offer": _("Made a tariff or a service"),
    "catalog.withdraw_version": _("Took a version back"),
    "documents.make_due": _("Asked for the documents of the month"),
    "documents.send_again": _("Sent the documents of a month again"),
    "flows.begin_export": _("Asked for an export of everything"),
    "flows.confirm_bundle": _("Confirmed an import"),
    "flows.download_errors": _("Downloaded the mistakes of an import"),
    "flows.download_export": _("Downloaded an export of everything"),
    "flows.drop_bundle": _("Deleted the files of an import or an export"),
    "flows.map_bundle": _("Chose the columns of an import"),
    "flows.move_in": _("Took a provider over"),
    "flows.move_out": _("Exported everything"),
    "flows.receive_bundle": _("Sent a bundle to be imported"),
    "identity.change_password": _("Changed the password"),
    "identity.change_role": _("Changed a role"),
    "identity.create_staff": _("Made an account for one of the staff"),
    "identity.give_role": _("Gave one of the staff another role"),
    "identity.issue_password": _("Issued a new password"),
    "identity.send_one_time_password": _("Sent a one-time password"),
    "identity.block_staff": _("Blocked one of the staff"),
    "identity.issue_staff_password": _("Gave one of the staff a new password"),
    "identity.let_in_staff": _("Let one of the staff in again"),
    "identity.reset_second_factor": _("Reset a second factor"),
    "identity.sign_in": _("Signed in"),
    "identity.use_one_time_password": _("Came in by a one-time password"),
    "network.add_pool": _("Added a range of addresses"),
    "network.register_device": _("Registered a device"),
    "network.remove_device": _("Took a device off"),
    "network.remove_pool": _("Took a range of addresses off"),
    "network.restart_session": _("Restarted the session"),
    "network.save_server": _("Changed an access server"),
    "notifications.add_push": _("Switched notices in a browser on"),
    "notifications.change_mailing": _("Changed a mailing"),
    "notifications.change_wording": _("Changed the words of a notice"),
    "notifications.choose": _("Chose how notices come"),
    "notifications.drop_picture": _("Took the picture of a news off"),
    "notifications.drop_wording": _("Gave a notice its first words back"),
    "notifications.keep_news": _("Changed a news"),
    "notifications.make_mailing": _("Began a mailing"),
    "notifications.publish_news": _("Published a news"),
    "notifications.set_hours": _("Chose the quiet hours"),
    "notifications.start_mailing": _("Sent a mailing"),
    "notifications.stop_mailing": _("Stopped a mailing"),
    "notifications.try_mailing": _("Tried a mailing on oneself"),
    "notifications.withdraw_news": _("Took a news back"),
    "onboarding.add_equipment": _("Wrote equipment down"),
    "onboarding.add_photo": _("Added a photo of the visit"),
    "onboarding.agree_visit": _("Agreed a visit"),
    "onboarding.call": _("Called about a request"),
    "onboarding.cancel_visit": _("Called a visit off"),
    "onboarding.close_request": _("Closed a request"),
    "onboarding.finish_visit": _("Reported a visit"),
    "onboarding.hold_request": _("Took a request"),
    "onboarding.move_visit": _("Moved a visit"),
    "onboarding.open_by_phone": _("Wrote a request down by phone"),
    "onboarding.remove_equipment": _("Took equipment off"),
    "onboarding.remove_photo": _("Took a photo of the visit off"),
    "onboarding.reopen_request": _("Opened a request anew"),
    "onboarding.set_address": _("Gave a request its address"),
    "onboarding.sign_contract": _("Signed the contract of a request"),
    "payments.add_payer": _("Noted who pays for another's contract"),
    "payments.ask_second_yes": _("Asked for a second yes"),
    "payments.assign_bank_entry": _("Said whose a bank transfer is"),
    "payments.call_off_debit": _("Called a payment by autopay off"),
    "payments.chargeback": _("The bank took a payment back"),
    "payments.close_difference": _("Closed a difference"),
    "payments.close_shift": _("Closed the shift"),
    "payments.correction": _("Took a payment back"),
    "payments.credit_cash": _("Credited cash"),
    "payments.credit_registry": _("Credited a payment of a registry"),
    "payments.declined_second_yes": _("Declined what a colleague had asked for"),
    "payments.done_second_yes": _("Said the second yes"),
    "payments.expired_second_yes": _("Nobody said the second yes in time"),
    "payments.load_statement": _("Loaded a bank's statement"),
    "payments.open_shift": _("Opened a shift"),
    "payments.print_order": _("Printed a cash order"),
    "payments.refund": _("Refunded a payment"),
    "payments.remove_payer": _("Took off who paid for another's contract"),
    "payments.return_bank_entry": _("Sent a bank transfer back"),
    "payments.stale_second_yes": _("A second yes came too late"),
    "payments.switch_autopay_off": _("Switched autopay off"),
    "payments.switch_autopay_on": _("Switched autopay on"),
    "payments.take_cash": _("Took cash"),
    "payments.unbind_card": _("Took a card off"),
    "payments.withdrawn_second_yes": _("Took back what was asked for a second yes"),
    "receipts.retry": _("Tried a receipt again"),
    "support.change_answer": _("Changed a prepared answer"),
    "support.change_department": _("Changed a department"),
    "support.remove_answer": _("Removed a prepared answer"),
    "subscribers.close_account": _("Closed the account"),
    "subscribers.add_contact": _("Added a contact"),
    "subscribers.answer_petition": _("Answered what a person asked"),
    "subscribers.ask": _("Asked about his data"),
    "subscribers.export_data": _("Downloaded his own data"),
    "subscribers.give_consent": _("Gave a consent"),
    "subscribers.lose_contacts": _("Contacts are forgotten by the law's term"),
    "subscribers.lose_name": _("The name is forgotten by the law's term"),
    "subscribers.remove_contact": _("Removed a contact"),
    "subscribers.sign_contract": _("Signed the contract"),
    "subscribers.withdraw_consent": _("Withdrew a consent"),
    "subscribers.withdraw_petition": _("Took back what he had asked"),
    "support.close": _("Closed a conversation"),
    "support.hand_over": _("Handed a conversation over"),
    "support.look": _("Read a conversation"),
    "support.take": _("Took a conversation"),
}
# The names of values that stand in it often; the rest are shown by their codes.
NAMES: dict[str, StrPromise] = {
    "amount_kop": _("sum"),
    "asked_by": _("asked by"),
    "balance_kop": _("balance"),
    "counted_kop": _("counted"),
    "difference_kop": _("difference"),
    "ends_on": _("until"),
    "fee_kop": _("fee"),
    "most_kop": _("largest sum"),
    "on": _("from"),
    "opening_kop": _("at the beginning"),
    "role": _("role"),
    "state": _("state"),
    "tariff": _("tariff"),
    "total_kop": _("in all"),
}


class Deed(NamedTuple):
    """One line."""

    id: int
    at: datetime  # in the operator's zone
    actor: str
    what: str
    subject: str
    changed: list[tuple[str, str, str]]  # name, before, after
    why: str
    address: str


def of(entry: AuditEntry) -> Deed:
    names = list(dict.fromkeys([*entry.old, *entry.new]))
    changed = [
        (str(NAMES.get(name, name)), _said(name, entry.old.get(name)), _said(name, entry.new.get(name)))
        for name in names
    ]
    what = str(WORDS.get(entry.action, entry.action))
    return Deed(
        entry.pk, clock.local(entry.at), entry.actor, what, entry.subject, changed, entry.why, entry.address or ""
    )


def _said(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name.endswith("_kop") and type(value) is int:
        return money.show(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
