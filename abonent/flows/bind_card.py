"""A subscriber binds a card at zero amount, and unbinds it.

    start ──► the bank's page ──► the bank's message ──► settle_external ──► asks the bank, then one transaction
                              └─► the return page, the poller ──► settle

As with payments: no message is believed, the row and its key stand before the bank hears of it, no HTTP happens
inside a transaction. Unbinding forgets the token; the bank has no call for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation

from abonent.core import audit, clock, db, events, jobs
from abonent.flows import autopay_outcomes, keep_card
from abonent.ledger.models import Account
from abonent.notifications import outbox
from abonent.payments import cards
from abonent.payments.gateways import yookassa, yookassa_methods
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models_cards import Binding, BindingState, BoundCard, ConsentPurpose

ASK_AFTER_SECONDS = (2, 5, 10, 30, 60, 120, 300, 600, 600, 600, 600, 600, 600)
UNATTENDED = 4
POLL_AFTER_SECONDS = 60
POLL_AT_MOST = 500
KEY_LIVES = timedelta(hours=23)  # the bank remembers a key for 24
NEVER_REACHED = "never_reached_bank"


class UnableToStart(Exception):
    """The binding was not begun."""


class CardsAreOff(UnableToStart):
    """The operator has no contract with a bank in the settings."""


class BankSaidNo(UnableToStart):
    """The bank refuses: as a rule it has not allowed this shop to keep cards yet.   code: its word."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the bank refuses: {code}")
        self.code = code


class BankDoesNotAnswer(UnableToStart):
    """Whether the bank has it is not known yet; the same form finds it."""


@dataclass(frozen=True, slots=True)
class Started:
    binding_id: int
    redirect_url: str  # the bank's page; our return page once there is nothing left to confirm


def start(
    *,
    account_id: int,
    kind: str,
    submit_token: str,
    return_url: str,
    words: cards.Words,
    actor: str,
    address: str | None,
) -> Started:
    """Begin a binding; a second submit of the same form gets the first one's. Not to be called in a transaction.

    kind: "bank_card", "sbp".   words: what the owner was shown and agreed to.   actor: his sign-in name.
    Raises CardsAreOff, BankSaidNo, BankDoesNotAnswer, cards.TooManyCards, cards.TokenUsed.
    """
    if not settings.YOOKASSA_SHOP_ID:
        raise CardsAreOff("ABONENT_YOOKASSA_SHOP_ID is not set")
    binding = _open(account_id, kind, submit_token, return_url, words, actor, address)
    if binding.state != BindingState.NEW:
        return _started(binding)
    patience = yookassa.Patience(settings.YOOKASSA_CONNECT_SECONDS, settings.YOOKASSA_PAGE_READ_SECONDS)
    try:
        bank = yookassa_methods.bind(binding.request, key=binding.idempotence_key, patience=patience)
    except yookassa.BankRefused as refused:
        _fail(binding.id, refused.code or "refused")
        raise BankSaidNo(refused.code) from refused
    except yookassa.BankUnknown as unknown:
        ask_again.defer_in(ASK_AFTER_SECONDS[0], binding_id=binding.id, turn=0)
        raise BankDoesNotAnswer(f"about binding {binding.id}") from unknown
    _apply(binding.id, bank)
    binding.refresh_from_db()
    return _started(binding)


def unbind(*, account_id: int, card_id: int, actor: str, address: str | None = None) -> BoundCard:
    """Forget an own card; autopay by it is off from now on. Twice is once.   Raises BoundCard.DoesNotExist."""
    with db.atomic():
        card = BoundCard.objects.get(account_id=account_id, id=card_id)
        if cards.unbind(card_id, why="owner", at=clock.now()) is not None:
            audit.record(
                actor=actor,
                action="payments.unbind_card",
                subject=f"account:{account_id}",
                old={"card": card.title},
                address=address,
            )
            contract_id = _contract_id(account_id)
            outbox.queue(
                key=f"card_unbound:{card_id}", contract_id=contract_id, kind="card_unbound", params={"card": card.title}
            )
            autopay_outcomes.card_gone(account_id, card_id)
            events.publish(f"contract:{contract_id}", "card", {"card_id": card_id})
    return card


@jobs.job(queue="payments", lock="binding:{binding_id}", queueing_lock="settle_binding:{binding_id}")
def settle(binding_id: int) -> None:
    """Ask the bank about a binding of ours and do what follows. Safe at any moment, any number of times."""
    ask(binding_id)


@jobs.job(queue="payments", queueing_lock="ask_binding:{binding_id}:{turn}")
def ask_again(binding_id: int, turn: int) -> None:
    """`settle`, on a schedule that ends."""
    if ask(binding_id) and turn + 1 < len(ASK_AFTER_SECONDS):
        ask_again.defer_in(ASK_AFTER_SECONDS[turn + 1], binding_id=binding_id, turn=turn + 1)


@jobs.job(queue="payments", queueing_lock="method:{external_id}:{turn}")
def settle_external(external_id: str, turn: int) -> None:
    """Ask the bank about a method it has told of: its answer to us may have been lost. What is not ours is let be."""
    known = Binding.objects.filter(external_id=external_id).first()
    if known is not None:
        settle(known.id)
        return
    try:
        bank = yookassa_methods.get(external_id)
    except yookassa.BankRefused:
        return
    except yookassa.BankUnknown:
        if turn + 1 < len(ASK_AFTER_SECONDS):
            settle_external.defer_in(ASK_AFTER_SECONDS[turn], external_id=external_id, turn=turn + 1)
        return
    binding_id = _claimed(bank)
    if binding_id is not None:
        _apply(binding_id, bank)


def poll_open(now: datetime) -> int:
    """Ask about every binding that has stood open for a minute; give how many. The schedule calls it."""
    found = cards.open_binding_ids(before=now - timedelta(seconds=POLL_AFTER_SECONDS), limit=POLL_AT_MOST)
    with db.atomic():
        for binding_id in found:
            settle.defer(binding_id=binding_id)
    return len(found)


def ask(binding_id: int) -> bool:
    """Whether it is open still, to be asked about again."""
    binding = Binding.objects.filter(id=binding_id).first()
    if binding is None or binding.state not in cards.OPEN:
        return False
    try:
        if binding.external_id is not None:
            bank = yookassa_methods.get(binding.external_id)
        elif clock.now() - binding.created_at < KEY_LIVES:
            bank = yookassa_methods.bind(binding.request, key=binding.idempotence_key)
        else:
            _fail(binding_id, NEVER_REACHED)
            return False
    except yookassa.BankUnknown:
        return True
    except yookassa.BankRefused as refused:
        _fail(binding_id, refused.code or "refused")
        return False
    return _apply(binding_id, bank)


def locale() -> str:
    """The language of the bank's page: the reader's."""
    return "en_US" if (translation.get_language() or "").startswith("en") else "ru_RU"


def _open(
    account_id: int, kind: str, submit_token: str, return_url: str, words: cards.Words, actor: str, address: str | None
) -> Binding:
    """The row with its key, the consent, and the job that looks after them, before the bank hears a word."""
    binding_id = cards.reserve_binding_id()
    request = yookassa_methods.new_binding(
        kind=kind,
        return_url=return_url,
        locale=locale(),
        metadata={"binding_id": str(binding_id), "account_id": str(account_id)},
    )
    with db.atomic():
        binding, is_new = cards.open_binding(
            binding_id=binding_id,
            account_id=account_id,
            kind=kind,
            submit_token=submit_token,
            request=request,
            at=clock.now(),
        )
        if is_new:
            cards.agree(
                account_id=account_id,
                purpose=ConsentPurpose.BIND,
                cause=_cause(binding.id),
                words=words,
                actor=actor,
                address=address,
                at=clock.now(),
            )
            ask_again.defer_in(ASK_AFTER_SECONDS[UNATTENDED], binding_id=binding.id, turn=UNATTENDED)
    return binding


def _apply(binding_id: int, bank: objects.BankMethod) -> bool:
    """Make our row agree with what the bank has just said; whether it is open still."""
    with db.atomic():
        binding = cards.lock_binding(binding_id)
        if binding.state == BindingState.BOUND or binding.external_id not in {None, bank.id}:
            return False
        if bank.status == objects.ACTIVE and bank.saved:
            cards.mark_bound(binding, external_id=bank.id, at=clock.now())
            keep_card.keep(account_id=binding.account_id, cause=_cause(binding.id), method=bank)
            _publish(binding)
            return False
        if binding.state not in cards.OPEN:
            return False
        if bank.status == objects.INACTIVE:
            cards.mark_failed(binding, reason="inactive", at=clock.now())
            _publish(binding)
            return False
        if binding.state == BindingState.NEW:
            cards.mark_pending(binding, external_id=bank.id, confirmation_url=bank.confirmation_url)
            _publish(binding)
        return True


def _fail(binding_id: int, reason: str) -> None:
    with db.atomic():
        binding = cards.lock_binding(binding_id)
        if binding.state in cards.OPEN:
            cards.mark_failed(binding, reason=reason, at=clock.now())
            _publish(binding)


def _claimed(bank: objects.BankMethod) -> int | None:
    """Our binding that a method's metadata names; None when it is nobody's here."""
    said = bank.metadata.get("binding_id", "")
    if not (said.isascii() and said.isdigit() and len(said) <= 18):
        return None
    row = Binding.objects.filter(id=int(said), external_id=None).first()
    return row.id if row is not None and str(row.account_id) == bank.metadata.get("account_id") else None


def _cause(binding_id: int) -> str:
    return f"binding:{binding_id}"


def _started(binding: Binding) -> Started:
    if binding.state == BindingState.PENDING and binding.confirmation_url:
        return Started(binding.id, binding.confirmation_url)
    return Started(binding.id, binding.request["confirmation"]["return_url"])


def _publish(binding: Binding) -> None:
    events.publish(f"contract:{_contract_id(binding.account_id)}", "card", {"binding_id": binding.id})


def _contract_id(account_id: int) -> int:
    found = Account.objects.values_list("contract_id", flat=True).get(id=account_id)
    assert found is not None, account_id
    return found
