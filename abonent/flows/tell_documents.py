"""Documents of a month, once they are made, as letters of their contract's inbox: each document once."""

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from abonent.billing.documents import printing
from abonent.billing.models import Document
from abonent.conversations import inbox
from abonent.conversations.models import Folder
from abonent.core import db, money

AT_A_TIME = 500

_UNTOLD = db.read_sql(__file__, "tell_documents_untold")


def tell_new(at: datetime) -> int:
    """Letters of the documents made in the last weeks that have none; give how many."""
    told = 0
    while ids := [row["id"] for row in db.rows(_UNTOLD, {"since": at.date(), "most": AT_A_TIME})]:
        made = Document.objects.filter(pk__in=ids).defer("data").select_related("contract__customer").order_by("pk")
        letters = [_letter(one) for one in made]
        with db.atomic():
            told += inbox.put(letters, at)
    return told


def _letter(one: Document) -> inbox.Letter:
    language = "en" if one.contract.customer.language.startswith("en") else "ru"
    with translation.override(language):
        title = printing.title(one)
        note = printing.correction(one)
        text = _("%(title)s: %(sum)s. The file stands in Documents and opens from here.") % {
            "title": f"{title}. {note}" if note else title,
            "sum": money.show(one.total_kop),
        }
    return inbox.Letter(
        key=f"document:{one.pk}",
        contract_id=one.contract_id,
        folder=Folder.DOCUMENTS,
        subject=title,
        text=text,
        language=language,
        link=f"/cabinet/documents/{one.pk}/",
    )
