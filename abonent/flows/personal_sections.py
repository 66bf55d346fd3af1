"""What each room keeps about a person, a section a table: for the export of his data.

A room that keeps something new about a person adds its section to SECTIONS.
"""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils.translation import gettext_lazy as _

from abonent.billing.models import Change, Deferral, Document, Ending, Pause, Payout, Return, Subscription
from abonent.flows import personal_rows as rows
from abonent.flows import personal_sections_line
from abonent.identity.models import AppToken, KnownDevice, SignInName
from abonent.notifications.models_reach import NoticeChoice, PushDevice
from abonent.onboarding.models_papers import PersonDocument
from abonent.payments.models import Payment
from abonent.payments.models_cards import Autopay, BoundCard, Consent
from abonent.payments.models_desk import Refund
from abonent.payments.models_earlier import EarlierPayment
from abonent.payments.models_receipts import Receipt
from abonent.subscribers.models import Contact, Contract, PersonalConsent, Petition

_WHEN, _SUM, _STATE = _("When"), _("Sum"), _("State")
SECTIONS: tuple[rows.Section, ...] = (
    rows.Section(
        "person",
        _("You"),
        (
            ("kind", _("Who")),
            ("full_name", _("Full name")),
            ("given_name", _("How we greet you")),
            ("inn", _("INN")),
            ("kpp", _("KPP")),
            ("registered_address", _("Registered address")),
            ("language", _("Language")),
            ("created_at", _("Since")),
        ),
        rows.customer,
    ),
    rows.Section(
        "document",
        _("Your document"),
        (
            ("kind", _("What")),
            ("number", _("Number")),
            ("issued_by", _("Issued by")),
            ("issued_on", _("Issued")),
            ("birth_on", _("Born")),
            ("registered_address", _("Registered address")),
        ),
        rows.fields(
            PersonDocument,
            "customer_id",
            "id",
            "kind",
            "number",
            "issued_by",
            "issued_on",
            "birth_date",
            "registered_address",
        ),
    ),
    rows.Section(
        "contacts",
        _("Phones and mail"),
        (("kind", _("What")), ("value", _("Value")), ("confirmed_at", _("Confirmed"))),
        rows.fields(Contact, "customer_id", "id", "kind", "value", "confirmed_at"),
    ),
    rows.Section(
        "contracts",
        _("Contracts"),
        (("number", _("Number")), ("signed_on", _("Signed")), ("ended_on", _("Ended")), ("closed_on", _("Closed"))),
        rows.fields(Contract, "customer_id", "id", "number", "signed_on", "ended_on", "closed_on"),
    ),
    rows.Section(
        "lines",
        _("Lines"),
        (("contract", _("Contract")), ("address", _("Address")), ("segment", _("Segment"))),
        rows.lines,
    ),
    rows.Section(
        "sign_in_names",
        _("What signs you in"),
        (("name", _("Number")),),
        rows.fields(SignInName, "user_id", "name", "name"),
    ),
    rows.Section(
        "browsers",
        _("Browsers that signed you in"),
        (("last_seen_at", _("Last seen")),),
        rows.fields(KnownDevice, "user_id", "id", "last_seen_at"),
    ),
    rows.Section(
        "sign_in_means",
        _("Second factors and passkeys"),
        (("kind", _("What")), ("created_at", _("Since")), ("last_used_at", _("Last used"))),
        rows.fields(Authenticator, "user_id", "id", "type", "created_at", "last_used_at"),
    ),
    rows.Section(
        "sign_ins",
        _("Where you are signed in"),
        (
            ("created_at", _("Since")),
            ("last_seen_at", _("Last seen")),
            ("address", _("From where")),
            ("by", _("By what")),
        ),
        rows.fields(UserSession, "user_id", "id", "created_at", "last_seen_at", "ip", "user_agent"),
    ),
    rows.Section(
        "apps",
        _("Apps that are signed in"),
        (
            ("created_at", _("Since")),
            ("last_seen_at", _("Last seen")),
            ("address", _("From where")),
            ("by", _("By what")),
        ),
        rows.fields(AppToken, "user_id", "id", "created_at", "last_seen_at", "address", "device_name"),
    ),
    *personal_sections_line.SECTIONS,
    rows.Section(
        "notice_choices",
        _("How you want to be told"),
        (("subject", _("What")), ("channel", _("By what")), ("is_wanted", _("Wanted"))),
        rows.fields(NoticeChoice, "customer_id", "id", "subject", "channel", "is_wanted"),
    ),
    rows.Section(
        "push_devices",
        _("Browsers that take push notices"),
        (("name", _("What")), ("added_at", _("Since"))),
        rows.fields(PushDevice, "customer_id", "id", "name", "added_at"),
    ),
    rows.Section(
        "subscriptions",
        _("Services"),
        (
            ("name", _("Service")),
            ("price_kop", _("Price")),
            ("charging", _("How it is charged")),
            ("state", _STATE),
            ("started_on", _("From")),
            ("ended_on", _("Until")),
            ("paid_until_on", _("Paid until")),
        ),
        rows.fields(
            Subscription,
            "account_id",
            "id",
            "version__offer__NAME",
            "price_kop",
            "charging",
            "state",
            "started_on",
            "ended_on",
            "paid_until",
        ),
    ),
    rows.Section(
        "changes",
        _("Changes of tariff and services"),
        (("made_at", _WHEN), ("what", _("What")), ("state", _STATE), ("effective_on", _("From"))),
        rows.fields(Change, "account_id", "id", "made_at", "what", "state", "effective_on"),
    ),
    rows.Section(
        "payments",
        _("Payments"),
        (
            ("created_at", _WHEN),
            ("channel", _("Channel")),
            ("amount_kop", _SUM),
            ("state", _STATE),
            ("method", _("By what")),
            ("credited_on", _("Credited")),
        ),
        rows.fields(Payment, "account_id", "id", "created_at", "channel", "amount_kop", "state", "method_title", "on"),
    ),
    rows.Section(
        "earlier_payments",
        _("Payments of the system before ours"),
        (("paid_on", _WHEN), ("channel", _("Channel")), ("amount_kop", _SUM)),
        rows.fields(EarlierPayment, "account_id", "paid_on", "paid_on", "channel", "amount_kop"),
    ),
    rows.Section(
        "refunds",
        _("Refunds"),
        (("created_at", _WHEN), ("channel", _("Channel")), ("amount_kop", _SUM), ("state", _STATE)),
        rows.fields(Refund, "account_id", "id", "created_at", "channel", "amount_kop", "state"),
    ),
    rows.Section(
        "charges",
        _("Charges"),
        (
            ("charged_on", _WHEN),
            ("name", _("Service")),
            ("from_on", _("From")),
            ("until_on", _("Until")),
            ("amount_kop", _SUM),
        ),
        rows.charges,
    ),
    rows.Section(
        "returns",
        _("Returns for services"),
        (("returned_on", _WHEN), ("charged_kop", _("Charged")), ("amount_kop", _("Came back")), ("reason", _("Why"))),
        rows.fields(Return, "account_id", "id", "returned_on", "charged_kop", "amount_kop", "reason"),
    ),
    rows.Section(
        "moves",
        _("Every movement of the account"),
        (("moved_on", _WHEN), ("amount_kop", _SUM), ("reason", _("Why"))),
        rows.moves,
    ),
    rows.Section(
        "receipts",
        _("Receipts"),
        (("made_on", _WHEN), ("kind", _("What")), ("amount_kop", _SUM), ("state", _STATE), ("link", _("Link"))),
        rows.fields(Receipt, "account_id", "id", "on", "kind", "amount_kop", "state", "link"),
    ),
    rows.Section(
        "documents",
        _("Documents"),
        (("issued_on", _WHEN), ("kind", _("What")), ("number", _("Number")), ("total_kop", _SUM)),
        rows.fields(Document, "contract_id", "id", "issued_on", "kind", "number", "total_kop"),
    ),
    rows.Section(
        "cards",
        _("Cards"),
        (
            ("title", _("Card")),
            ("system", _("System")),
            ("name", _("Your word for it")),
            ("state", _STATE),
            ("bound_at", _("Bound")),
            ("unbound_at", _("Unbound")),
        ),
        rows.fields(BoundCard, "account_id", "id", "title", "system", "name", "state", "bound_at", "unbound_at"),
    ),
    rows.Section(
        "autopay",
        _("Autopay"),
        (
            ("is_on", _("On")),
            ("before_days", _("Days before a charge")),
            ("below_kop", _("Below")),
            ("sum_kop", _SUM),
            ("month_limit_kop", _("A month at most")),
            ("changed_at", _("Changed")),
        ),
        rows.fields(
            Autopay,
            "account_id",
            "id",
            "is_on",
            "before_days",
            "below_kop",
            "sum_kop",
            "month_limit_kop",
            "changed_at",
        ),
    ),
    rows.Section(
        "deferrals",
        _("Deferred payments"),
        (("granted_on", _WHEN), ("amount_kop", _SUM), ("until_on", _("Until"))),
        rows.fields(Deferral, "account_id", "id", "granted_on", "amount_kop", "ends_on"),
    ),
    rows.Section(
        "pauses",
        _("Pauses"),
        (("asked_on", _WHEN), ("starts_on", _("From")), ("ends_on", _("Until")), ("state", _STATE)),
        rows.fields(Pause, "account_id", "id", "asked_on", "starts_on", "ends_on", "state"),
    ),
    rows.Section(
        "endings",
        _("Ends of contracts"),
        (("asked_on", _WHEN), ("ends_on", _("From")), ("state", _STATE), ("returned_kop", _("Came back"))),
        rows.fields(Ending, "account_id", "id", "asked_on", "ends_on", "state", "returned_kop"),
    ),
    rows.Section(
        "payouts",
        _("Money asked back"),
        (("asked_on", _WHEN), ("amount_kop", _SUM), ("state", _STATE)),
        rows.fields(Payout, "account_id", "id", "asked_on", "amount_kop", "state"),
    ),
    rows.Section(
        "consents",
        _("Consents"),
        (
            ("purpose", _("What for")),
            ("version", _("Text")),
            ("given_at", _("Given")),
            ("address", _("From where")),
            ("withdrawn_at", _("Withdrawn")),
            ("text", _("The words")),
        ),
        rows.fields(
            PersonalConsent, "customer_id", "id", "purpose", "version", "given_at", "address", "withdrawn_at", "text"
        ),
    ),
    rows.Section(
        "card_consents",
        _("Consents to cards and autopay"),
        (
            ("purpose", _("What for")),
            ("version", _("Text")),
            ("given_at", _("Given")),
            ("address", _("From where")),
            ("withdrawn_at", _("Withdrawn")),
            ("text", _("The words")),
        ),
        rows.fields(Consent, "account_id", "id", "purpose", "version", "given_at", "address", "withdrawn_at", "text"),
    ),
    rows.Section(
        "requests",
        _("Requests to be connected"),
        (
            ("created_at", _WHEN),
            ("state", _STATE),
            ("full_name", _("Full name")),
            ("phone", _("Phone")),
            ("address", _("Address")),
            ("flat", _("Flat")),
            ("wish", _("Wish")),
            ("consent", _("Text")),
            ("client_address", _("From where")),
        ),
        rows.requests,
    ),
    rows.Section(
        "petitions",
        _("What you asked of us"),
        (
            ("asked_at", _WHEN),
            ("kind", _("What")),
            ("text", _("The words")),
            ("state", _STATE),
            ("answered_at", _("Answered")),
            ("answer", _("Answer")),
        ),
        rows.fields(Petition, "contract_id", "id", "asked_at", "kind", "text", "state", "answered_at", "answer"),
    ),
    rows.Section(
        "messages",
        _("What we wrote to you"),
        (
            ("made_at", _WHEN),
            ("sent_at", _("Sent")),
            ("channel", _("Channel")),
            ("state", _STATE),
            ("text", _("The words")),
        ),
        rows.notices,
    ),
    rows.Section(
        "talks",
        _("What we said to each other"),
        (("said_at", _WHEN), ("who", _("Who")), ("text", _("The words")), ("files", _("Files"))),
        rows.talks,
    ),
    rows.Section(
        "log",
        _("Who did what with your data"),
        (
            ("at", _WHEN),
            ("who", _("Who")),
            ("action", _("What")),
            ("why", _("Why")),
            ("address", _("From where")),
        ),
        rows.audit,
    ),
)
