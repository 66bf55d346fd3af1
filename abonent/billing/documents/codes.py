"""The payment code on an invoice: a bank's app reads the payee, the sum and the purpose."""

from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from abonent.billing.models_documents import Document
from abonent.core import payment_code


def to_pay(document: Document, purpose: str) -> str:
    """SVG, titled in the language in force; "" where nothing is to pay.   purpose: in Russian, as banks do."""
    if document.total_kop <= 0:
        return ""
    data = document.data
    seller = data["seller"]
    with override("ru"):
        # The old encodings between banks have no rouble sign.
        purpose = purpose.replace("\N{RUBLE SIGN}", pgettext("currency", "RUB"))
    said = payment_code.payee(name=seller["name"]["ru"], inn=seller["inn"], kpp=seller["kpp"], bank=seller["bank"])
    text = payment_code.write(
        {**said, "Purpose": purpose, "Contract": data["contract"]["number"]}, amount_kop=document.total_kop
    )
    return payment_code.svg(text, title=_("To pay from a bank's app")).decode()
