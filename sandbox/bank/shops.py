"""The shops the bank knows, and who is calling."""

import base64
import binascii
import dataclasses
import hmac

from sandbox.bank import errors


@dataclasses.dataclass(frozen=True)
class Shop:
    id: str
    secret: str
    gateway_id: str
    notified: bool  # whether its notifications go to the address the sandbox was started with


SHOPS = {
    shop.id: shop
    for shop in (
        Shop(id="100500", secret="test_sandbox", gateway_id="100700", notified=True),
        Shop(id="100501", secret="test_other", gateway_id="100701", notified=False),
    )
}


def authenticate(header: str | None) -> Shop:
    """The shop of a Basic `Authorization` header. Raises UnableToServe (401)."""
    if not header:
        raise errors.UnableToServe(401, "Authentication is required: Basic shopId:secret", "Authorization")
    scheme, _, token = header.partition(" ")
    try:
        shop_id, _, secret = base64.b64decode(token, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        shop_id = secret = ""
    shop = SHOPS.get(shop_id)
    expected = shop.secret if shop else "no such shop"
    if scheme.lower() != "basic" or not hmac.compare_digest(secret.encode(), expected.encode()) or shop is None:
        raise errors.UnableToServe(401, "Error in shopId or secret key. Check their validity", "Authorization")
    return shop
