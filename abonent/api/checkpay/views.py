"""/pay/osmp/ and /pay/sber/: one core for both dialects. Whatever comes is answered in the dialect, with a 200.

Our own trouble, a database that is away among it, is always «temporary»: they ask again, and no payer's money is lost
between us.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from types import ModuleType
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from abonent.api import webhooks
from abonent.api.checkpay import access
from abonent.api.checkpay import osmp as osmp_dialect
from abonent.api.checkpay import sber as sber_dialect
from abonent.api.checkpay.asks import Answer, Ask, Command, Result, UnableToRead
from abonent.core import alarms, clock, jobs
from abonent.flows import check_pay
from abonent.ledger import transfers
from abonent.payments import gateway_asks, terminals
from abonent.payments.models import Channel
from abonent.payments.models_gateways import GatewayAsk

log = logging.getLogger(__name__)

BODY_OCTETS_AT_MOST = 16 * 1024
WORDS_AT_MOST = 60
MISSES_PER_HOUR = 600

_REFUSALS: dict[type[Exception], Result] = {
    check_pay.NoSuchContract: Result.NO_SUCH_CONTRACT,
    check_pay.ContractClosed: Result.CONTRACT_CLOSED,
    check_pay.TooSmall: Result.TOO_SMALL,
    check_pay.TooBig: Result.TOO_BIG,
    check_pay.KnownOtherwise: Result.KNOWN_OTHERWISE,
    check_pay.NotSettled: Result.NOT_SETTLED,
    transfers.KeyReusedWithOtherBody: Result.KNOWN_OTHERWISE,
}


@csrf_exempt
def osmp(request: HttpRequest) -> HttpResponse:
    """/pay/osmp/?command=check|pay&txn_id=…&account=…&sum=…&txn_date=…, GET or POST."""
    return _speak(request, Channel.OSMP, osmp_dialect)


@csrf_exempt
def sber(request: HttpRequest) -> HttpResponse:
    """/pay/sber/?ACTION=check|payment&ACCOUNT=…&AMOUNT=…&PAY_ID=…&PAY_DATE=…, GET or POST."""
    return _speak(request, Channel.SBER, sber_dialect)


def _speak(request: HttpRequest, channel: Channel, dialect: ModuleType) -> HttpResponse:
    gateway = terminals.of(channel)
    if gateway is None:
        return _plain(HTTPStatus.NOT_FOUND)
    address = webhooks.client_address(request)
    refused = access.refusal(request, gateway, address)
    if refused is not None:
        return refused
    if request.method not in {"GET", "POST"}:
        return _plain(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, POST"})
    words = _words(request)
    if words is None:
        return _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    spoken = _Spoken(gateway, dialect, words, address)
    if not access.has_room(gateway):
        return spoken.page(spoken.answer(Result.TEMPORARY))
    return spoken.page(spoken.answered())


class _Spoken:
    """One message and the answer to it."""

    def __init__(
        self, gateway: terminals.Gateway, dialect: ModuleType, words: Mapping[str, str], address: str | None
    ) -> None:
        self.gateway, self.dialect, self.address = gateway, dialect, address
        self.said = words
        self.words = {name.lower(): value for name, value in words.items()}
        self.zone = ZoneInfo(gateway.terms.time_zone)
        self.command: Command = dialect.command(self.words)
        self.external_id: str = dialect.external_id(self.words)
        self._kept: Answer | None = None
        self._written: dict[Answer, str] = {}

    def answered(self) -> Answer:
        """Do what is asked; whatever goes wrong on our side is temporary."""
        try:
            answer = self._do(self.dialect.read(self.words, self.zone))
        except UnableToRead as error:
            answer = self.answer(error.result)
        except tuple(_REFUSALS) as error:
            answer = self.answer(_REFUSALS[type(error)])
        except Exception as error:
            log.error("check/pay %s: %s at %s", self.gateway.channel, type(error).__name__, jobs.place_of(error))
            answer = self.answer(Result.TEMPORARY)
        if answer != self._kept:
            self._keep(answer)
        return answer

    def answer(self, result: Result) -> Answer:
        return Answer(self.command, result, said_id=self.external_id[:64], comment=_comment(result))

    def page(self, answer: Answer) -> HttpResponse:
        encoding = self.gateway.terms.encoding
        body = self._write(answer).encode(encoding, "xmlcharrefreplace")
        return HttpResponse(body, content_type=f"text/xml; charset={encoding}", headers={"Cache-Control": "no-store"})

    def _do(self, ask: Ask) -> Answer:
        if ask.command == Command.CHECK:
            found = check_pay.check(self.gateway, ask.account, amount_kop=ask.amount_kop)
            return replace(
                self.answer(Result.OK), name=found.name, balance_kop=found.balance_kop, missing_kop=found.missing_kop
            )
        if ask.command == Command.PAY:
            assert ask.amount_kop is not None, ask
            paid = check_pay.pay(
                self.gateway,
                external_id=ask.external_id,
                number=ask.account,
                amount_kop=ask.amount_kop,
                paid_at=ask.paid_at,
                ask=self._kept_with,
            )
            return self._paid(paid)
        if ask.command == Command.STATUS:
            known = check_pay.known(self.gateway.channel, ask.external_id)
            return self._paid(known) if known is not None else self.answer(Result.NO_SUCH_PAYMENT)
        asked = check_pay.ask_to_cancel(self.gateway.channel, external_id=ask.external_id, payment_id=ask.payment_id)
        return self.answer(Result.NO_SUCH_PAYMENT if asked is None else Result.NOT_CANCELED)

    def _paid(self, paid: check_pay.Paid) -> Answer:
        return replace(
            self.answer(Result.REPEATED if paid.repeated else Result.OK),
            payment_id=paid.payment_id,
            amount_kop=paid.amount_kop,
            paid_at=paid.at.astimezone(self.zone),
        )

    def _kept_with(self, paid: check_pay.Paid) -> GatewayAsk:
        self._kept = self._paid(paid)
        return self._row(self._kept)

    def _keep(self, answer: Answer) -> None:
        """Beside the answer, never instead of it."""
        try:
            gateway_asks.keep(self._row(answer))
            if answer.result == Result.NO_SUCH_CONTRACT:
                self._count_miss()
        except Exception as error:
            log.error("a check/pay message was not kept: %s at %s", type(error).__name__, jobs.place_of(error))

    def _row(self, answer: Answer) -> GatewayAsk:
        return gateway_asks.ask_of(
            channel=self.gateway.channel,
            command=self.command,
            external_id=self.external_id,
            account=self.words.get("account", ""),
            words=self.said,
            answer=self._write(answer),
            result=self.dialect.CODES[answer.result],
            payment_id=answer.payment_id,
            address=self.address,
            at=clock.now(),
        )

    def _write(self, answer: Answer) -> str:
        """Once: it is kept as it is said."""
        if answer not in self._written:
            self._written[answer] = self.dialect.write(answer, self.gateway.terms.encoding)
        return self._written[answer]

    def _count_miss(self) -> None:
        """Who tries numbers finds names: past so many strangers an hour, somebody looks. Nobody is held up."""
        if not access.has_room_for_miss(self.gateway, MISSES_PER_HOUR):
            channel = self.gateway.channel
            what = f"{channel} has asked for more than {MISSES_PER_HOUR} contracts in an hour that nobody has"
            alarms.raise_alarm(key=f"check_pay:misses:{channel}:{clock.today()}", what=what)


def _words(request: HttpRequest) -> dict[str, str] | None:
    """The parameters of the query and of the body, in UTF-8 or windows-1251; None when there is too much of them."""
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return None
    if announced > BODY_OCTETS_AT_MOST:
        return None
    said = request.META.get("QUERY_STRING", "")
    if request.method == "POST":
        said = f"{said}&{request.read(BODY_OCTETS_AT_MOST + 1).decode('latin-1').strip()}"
    if len(said) > 2 * BODY_OCTETS_AT_MOST:
        return None
    try:
        pairs = parse_qsl(said, keep_blank_values=True, encoding="latin-1", max_num_fields=WORDS_AT_MOST)
    except ValueError:
        return None
    return {_decoded(name): _decoded(value) for name, value in pairs}


def _decoded(text: str) -> str:
    octets = text.encode("latin-1", "replace")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("windows-1251", "replace")


def _plain(status: HTTPStatus, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(f"{status.phrase}\n", status=status, content_type="text/plain", headers=headers)


def _comment(result: Result) -> str:
    """A word for whoever reads the terminal's slip or its log."""
    match result:
        case Result.OK | Result.REPEATED:
            return "OK"
        case Result.TEMPORARY | Result.NOT_SETTLED:
            return _("Try again later")
        case Result.WRONG_ACCOUNT | Result.NO_SUCH_CONTRACT:
            return _("There is no contract with this number")
        case Result.CONTRACT_CLOSED:
            return _("The contract is closed: no payments are taken")
        case Result.TOO_SMALL:
            return _("The sum is too small")
        case Result.TOO_BIG:
            return _("The sum is too large")
        case Result.WRONG_SUM:
            return _("This is not a sum")
        case Result.KNOWN_OTHERWISE:
            return _("The payment is known with another contract or sum")
        case Result.NOT_CANCELED:
            return _("A payment is undone by the provider's staff: call them")
        case _:
            return _("The request is not understood")
