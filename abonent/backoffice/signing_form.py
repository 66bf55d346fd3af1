"""What the manager types of who signs: read into the terms of a contract, each mistake beside its field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from abonent.catalog import queries as catalog
from abonent.catalog.models import OfferRole, OfferVersion, ServiceKind
from abonent.core import check_digits, clock, money
from abonent.flows.sign_request import Terms
from abonent.onboarding.models import ConnectionRequest
from abonent.onboarding.models_papers import DocumentKind
from abonent.onboarding.papers import keeping
from abonent.subscribers import contacts
from abonent.subscribers.models import CustomerKind

PERSON, LEGAL = str(CustomerKind.PERSON), str(CustomerKind.LEGAL_ENTITY)
DOCUMENTS = {
    DocumentKind.PASSPORT.value: _("Passport of Russia"),
    DocumentKind.FOREIGN.value: _("Foreign passport"),
    DocumentKind.RESIDENCE.value: _("Residence permit"),
}
OF_PERSON = ("document_kind", "document_number", "issued_by", "issued_on", "birth_date")
OF_COMPANY = ("inn", "represented_by")
MOST_CREDIT_KOP = 10_000_000_00
_NEEDED = _("Fill this in.")


class SigningForm(forms.Form):
    """Fields as they stand on the page; `terms` once it is valid."""

    kind = forms.ChoiceField(choices=[(PERSON, PERSON), (LEGAL, LEGAL)])
    full_name = forms.CharField(max_length=200, error_messages={"required": _NEEDED})
    document_kind = forms.ChoiceField(choices=list(DOCUMENTS.items()), required=False)
    document_number = forms.CharField(max_length=40, required=False)
    issued_by = forms.CharField(max_length=200, required=False)
    issued_on = forms.DateField(required=False, error_messages={"invalid": _("This is not a day.")})
    birth_date = forms.DateField(required=False, error_messages={"invalid": _("This is not a day.")})
    registered_address = forms.CharField(max_length=300, error_messages={"required": _NEEDED})
    inn = forms.CharField(max_length=20, required=False)
    kpp = forms.CharField(max_length=20, required=False)
    represented_by = forms.CharField(max_length=200, required=False)
    phone = forms.CharField(max_length=40, error_messages={"required": _NEEDED})
    email = forms.CharField(max_length=254, required=False)
    tariff = forms.CharField(max_length=64, error_messages={"required": _("Choose a tariff.")})
    credit_limit = forms.CharField(max_length=20, required=False)  # roubles, of a company that pays afterwards
    existing = forms.CharField(max_length=20, required=False)  # "": nothing said; "new": another person; an id

    def __init__(self, *args: Any, asked: ConnectionRequest, may_credit: bool = False, **kwargs: Any) -> None:
        """may_credit: whether the role may agree a credit limit."""
        super().__init__(*args, **kwargs)
        self.may_credit = may_credit
        assert asked.building is not None, "a connected request has its building"
        segment = asked.building.segment
        self.tariffs: list[OfferVersion] = catalog.on_sale(clock.today(), segment=segment)
        self.addons: list[OfferVersion] = catalog.on_sale(clock.today(), role=OfferRole.ADDON, segment=segment)
        self.fields["addons"] = forms.MultipleChoiceField(
            choices=[(one.offer.code, one.offer.code) for one in self.addons], required=False
        )

        self.fields["more"] = forms.MultipleChoiceField(
            choices=[(one.offer.code, one.offer.code) for one in self.more], required=False
        )

    @property
    def more(self) -> list[OfferVersion]:
        """What goes beside a tariff of the internet: television, telephony, video."""
        return [one for one in self.tariffs if one.offer.kind != ServiceKind.INTERNET]

    @property
    def chosen(self) -> list[OfferVersion]:
        """The offers of a valid form, the tariff first."""
        given = self.cleaned_data
        wanted = dict.fromkeys([given["tariff"], *given["more"], *given["addons"]])
        by_code = {one.offer.code: one for one in (*self.tariffs, *self.addons)}
        return [by_code[code] for code in wanted]

    def clean_tariff(self) -> str:
        code: str = self.cleaned_data["tariff"]
        if code not in {one.offer.code for one in self.tariffs}:
            raise forms.ValidationError(gettext("Choose a tariff that is on sale."))
        return code

    def clean_full_name(self) -> str:
        name = " ".join(self.cleaned_data["full_name"].split())
        if self.data.get("kind") == PERSON and len(name.split()) < 2:
            raise forms.ValidationError(gettext("Write the surname and the name as in the document."))
        return name

    def clean_phone(self) -> str:
        try:
            return contacts.read_phone(self.cleaned_data["phone"])
        except contacts.UnableToReadContact as error:
            raise forms.ValidationError(str(error)) from None

    def clean_email(self) -> str:
        if not self.cleaned_data["email"].strip():
            return ""
        try:
            return contacts.read_email(self.cleaned_data["email"])
        except contacts.UnableToReadContact as error:
            raise forms.ValidationError(str(error)) from None

    def clean_inn(self) -> str:
        inn = "".join(self.cleaned_data["inn"].split())
        if inn and not check_digits.inn(inn):
            raise forms.ValidationError(gettext("The INN is mistyped: 10 or 12 digits, the last ones check the rest."))
        return inn

    def clean_kpp(self) -> str:
        kpp = "".join(self.cleaned_data["kpp"].split())
        if kpp and not (kpp.isascii() and kpp.isdigit() and len(kpp) == 9):
            raise forms.ValidationError(gettext("A KPP has 9 digits."))
        return kpp

    def clean_credit_limit(self) -> int:
        """In kopecks; 0: paid in advance, as everybody."""
        typed = self.cleaned_data["credit_limit"].strip()
        if not typed or self.data.get("kind") != LEGAL:
            return 0
        if not self.may_credit:
            raise forms.ValidationError(gettext("A credit limit is agreed by the accountant."))
        try:
            limit_kop = money.parse(typed)
        except money.UnableToParse:
            raise forms.ValidationError(gettext("Write the sum as 30 000,00.")) from None
        if limit_kop > MOST_CREDIT_KOP:
            raise forms.ValidationError(gettext("At most %(sum)s.") % {"sum": money.show(MOST_CREDIT_KOP)})
        return limit_kop

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        of_person = given.get("kind") == PERSON
        for name in OF_PERSON if of_person else OF_COMPANY:
            if not given.get(name) and name not in self.errors:
                self.add_error(name, _NEEDED)
        if of_person:
            self._read_document()
        elif "inn" not in self.errors and "kpp" not in self.errors:
            self._check_company()
        return given

    def _check_company(self) -> None:
        inn, kpp = self.cleaned_data["inn"], self.cleaned_data["kpp"]
        if len(inn) == 10 and not kpp:
            self.add_error("kpp", gettext("A company has a KPP; only an entrepreneur has none."))
        if len(inn) == 12 and kpp:
            self.add_error("kpp", gettext("An entrepreneur has no KPP."))

    def _read_document(self) -> None:
        if any(name in self.errors for name in (*OF_PERSON, "registered_address")):
            return
        given = self.cleaned_data
        typed = keeping.Given(
            given["document_kind"], given["document_number"], given["issued_by"], given["issued_on"],
            given["birth_date"], given["registered_address"],
        )  # fmt: skip
        try:
            given["document"] = keeping.read(typed, on=clock.today())
        except keeping.UnableToReadDocument as refused:
            field = "document_number" if refused.field == "number" else refused.field
            self.add_error(field, _why(refused, typed.kind))

    @property
    def terms(self) -> Terms:
        given = self.cleaned_data
        of_person = given["kind"] == PERSON
        chosen = given["existing"]
        return Terms(
            offers=tuple(one.offer.code for one in self.chosen),
            kind=given["kind"],
            full_name=given["full_name"],
            phone=given["phone"],
            email=given["email"],
            document=given["document"] if of_person else None,
            inn="" if of_person else given["inn"],
            kpp="" if of_person else given["kpp"],
            registered_address="" if of_person else given["registered_address"],
            represented_by="" if of_person else given["represented_by"],
            credit_limit_kop=given["credit_limit"],
            existing_id=int(chosen) if chosen.isascii() and chosen.isdigit() else None,
        )


def _why(refused: keeping.UnableToReadDocument, kind: str) -> str:
    if refused.why == "number":
        if kind == DocumentKind.PASSPORT:
            return gettext("Four digits of the series and six of the number.")
        return gettext("A document's number has 5 to 20 letters and digits.")
    return {
        "young": gettext("Contracts are signed from 18 years on."),
        "old": gettext("Look at the year once more."),
        "future": gettext("This day has not come yet."),
        "early": gettext("A document is issued after the birth."),
    }[refused.why]
