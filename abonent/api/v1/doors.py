"""Signing an app in and out, its tokens, the password, and who one is."""

from django.conf import settings
from django.contrib.auth import hashers, password_validation
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from ninja import Router, Status

from abonent.api.v1 import shapes, wire
from abonent.api.v1.problems import Refused
from abonent.core import clock, db
from abonent.flows import change_password, entering, protect
from abonent.identity import app_tokens, limits, second_factor
from abonent.identity.models import User
from abonent.ui import client

router = Router(tags=["Signing in"])


@router.get("/operator", response=shapes.Operator, auth=None, summary="Whose service this is")
def operator(request: HttpRequest) -> shapes.Operator:
    profile = settings.PROFILE
    return shapes.Operator(
        brand=profile.brand,
        support_phone=profile.contacts.support_phone,
        support_email=profile.contacts.support_email,
        languages=list(profile.languages),
        time_zone=profile.time_zone,
        today=clock.today(),
        card_min_kop=profile.card.min_kop,
        card_max_kop=profile.card.max_kop,
        password_recovery=profile.password_recovery,
    )


@router.post("/sign-in", response={201: shapes.SignedIn}, auth=None, summary="Sign in: a token for this device")
@sensitive_variables()
def sign_in(request: HttpRequest, given: shapes.SignIn) -> Status[shapes.SignedIn]:
    now, address = clock.now(), client.address(request)
    user = entering.check(
        name=given.login, password=given.password, staff=False, device="", address=address, at=now
    )  # fmt: skip
    if user is None:
        said = _("The contract number or the password does not fit. Look at the keyboard layout and Caps Lock.")
        raise Refused(401, "wrong_password", said)
    key = request.headers[wire.KEY_HEADER]
    issued = app_tokens.known(user, key, now)
    if issued is None:
        if second_factor.is_on(user.pk):
            _take_code(user, given.code)
        issued = protect.sign_app_in(user, key, device_name=given.device_name, address=address or None, at=now)
    return Status(201, shapes.SignedIn(
        token=issued.plain, id=issued.token.pk, password_must_change=user.password_must_change
    ))  # fmt: skip


@router.get("/tokens", response=list[shapes.App], summary="The apps that are signed in")
def tokens(request: HttpRequest) -> list[shapes.App]:
    caller = wire.caller(request)
    return [
        shapes.App(
            id=one.pk,
            device_name=one.device_name,
            created_at=one.created_at,
            last_seen_at=one.last_seen_at,
            is_this=one.pk == caller.token.pk,
        )
        for one in app_tokens.of_user(caller.user)
    ]


@router.delete("/tokens/{int:token_id}", response={204: None}, summary="Sign an app out, this one or another")
def end(request: HttpRequest, token_id: shapes.Id) -> Status[None]:
    protect.end_app(
        wire.caller(request).user, token_id=token_id, address=wire.acting(request).address, at=clock.now()
    )  # fmt: skip
    return Status(204, None)


@router.post("/confirm", response={204: None}, summary="It is you: what a stolen phone must not do asks for this")
@sensitive_variables()
def confirm(request: HttpRequest, given: shapes.Password) -> Status[None]:
    caller = wire.caller(request)
    _check_password(caller.user, given.password)
    app_tokens.confirm(caller.token, clock.now())
    return Status(204, None)


@router.post("/password", response={204: None}, summary="Change the password; other apps and browsers are signed out")
@sensitive_variables()
def password(request: HttpRequest, given: shapes.NewPassword) -> Status[None]:
    caller = wire.caller(request)
    if given.new_password == given.old_password:
        raise Refused(422, "same_password", _("That is the password you have. Choose another."))
    try:
        password_validation.validate_password(given.new_password, caller.user)
    except ValidationError as error:
        raise Refused(422, "weak_password", " ".join(error.messages)) from None
    if caller.user.has_usable_password():
        _check_password(caller.user, given.old_password)
    changed = change_password.change(
        user=caller.user,
        hashed=hashers.make_password(given.new_password),
        contract_id=caller.contracts[0].id,
        address=wire.acting(request).address,
    )
    app_tokens.keep_after_change(caller.token, changed, clock.now())
    return Status(204, None)


@router.get("/me", response=shapes.Me, summary="Who is signed in, and the contracts")
def me(request: HttpRequest) -> shapes.Me:
    caller = wire.caller(request)
    first = caller.contracts[0] if caller.contracts else None
    return shapes.Me(
        given_name=first.given_name if first else "",
        full_name=first.full_name if first else "",
        password_must_change=caller.user.password_must_change,
        second_factor=second_factor.is_on(caller.user.pk),
        contracts=[
            shapes.Contract(number=one.number, signed_on=one.signed_on, ended_on=one.ended_on, address=one.address)
            for one in caller.contracts
        ],
    )


def _take_code(user: User, typed: str) -> None:
    if not typed.strip():
        raise Refused(401, "code_needed", _("Type the code of the app, or a recovery code."))
    taken = limits.take(limits.of_second_factor(user.pk), clock.now())
    with db.atomic():
        used = second_factor.use(user.pk, typed)
    if used is None:
        said = _("The code does not fit, or was used already. Wait for the next one in the app.")
        raise Refused(401, "wrong_code", said)
    limits.give_back(taken)


def _check_password(user: User, typed: str) -> None:
    taken = limits.take(limits.of_change(user.pk), clock.now())
    if not user.check_password(typed):
        raise Refused(422, "wrong_password", _("That is not the password you sign in with now."))
    limits.give_back(taken)
