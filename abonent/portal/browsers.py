"""A browser's own words as a person calls it: "Chrome, Windows". Pure; only for the list of sessions."""

_BROWSERS = (
    ("YaBrowser/", "Yandex Browser"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
MOBILE = frozenset({"Android", "iPhone", "iPad"})


def name(user_agent: str) -> str:
    """ "" where its words say nothing."""
    return ", ".join(filter(None, (_first(_BROWSERS, user_agent), system(user_agent))))


def system(user_agent: str) -> str:
    return _first(_SYSTEMS, user_agent)


def _first(known: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((said for sign, said in known if sign in user_agent), "")
