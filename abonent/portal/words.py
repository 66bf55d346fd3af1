"""What the codes of the domain are called on the page. Marked for translation here, translated when shown."""

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

KINDS: dict[str, StrPromise] = {
    "internet": _("Internet"),
    "tv": _("Digital and cloud TV"),
    "telephony": _("Telephony"),
    "video": _("Video surveillance"),
    "colocation": _("Data-centre rent"),
}
KIND_PROMISES: dict[str, StrPromise] = {
    "internet": _("At home, in a private house and in the office: by the month or by the day."),
    "tv": _("Channels on every screen of the house, with no aerial and no dish."),
    "telephony": _("A city number at home and in the office."),
    "video": _("Cameras whose picture is with you wherever you are."),
    "colocation": _("A place for your server: power, cooling and a wide channel."),
}
KIND_ICONS = {"internet": "wifi", "tv": "tv", "telephony": "phone", "video": "cctv", "colocation": "server"}
SEGMENTS: dict[str, StrPromise] = {
    "apartment": _("Internet in an apartment building"),
    "private": _("Internet in the private sector"),
    "business": _("Internet for corporate clients"),
}
PER: dict[str, StrPromise] = {
    "month": _("a month"),
    "day": _("a month, charged by the day"),
    "once": _("once"),
}
ADDONS = _("Additional services")
