"""Counts, octets and lengths of time as people read them, in the reader's language."""

from django.utils.translation import gettext as _

from abonent.ui import formats


def count(number: int) -> str:
    """«12 345», with no-break spaces."""
    sign = "\u2212" if number < 0 else ""
    return sign + f"{abs(number):,}".replace(",", formats.NO_BREAK)


def signed(number: int) -> str:
    """«+12», «−3», «0»."""
    return f"+{count(number)}" if number > 0 else count(number)


def percent(number: int) -> str:
    return f"{count(number)}{formats.NO_BREAK}%"


def octets(number: int) -> str:
    """«312,4 GB», «18,0 MB»: decimal units, one place, as the tariffs count."""
    units = ((_("TB"), 10**12), (_("GB"), 10**9), (_("MB"), 10**6))
    unit, size = next((one for one in units if number >= one[1]), units[-1])
    tenths = number * 10 // size
    point = "." if formats.language() == "en" else ","
    return f"{tenths // 10}{point}{tenths % 10}{formats.NO_BREAK}{unit}"


def duration(seconds: int) -> str:
    """«40 s», «12 min», «3 h 05 min», «4 d 2 h»: the two largest units that matter."""
    space = formats.NO_BREAK
    if seconds < 60:
        return _("%(n)s s") % {"n": seconds}
    minutes = seconds // 60
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        whole = _("%(n)s h") % {"n": hours}
        return f"{whole}{space}{_('%(n)s min') % {'n': rest}}" if rest else whole
    whole = _("%(n)s d") % {"n": hours // 24}
    return f"{whole}{space}{_('%(n)s h') % {'n': hours % 24}}" if hours % 24 else whole
