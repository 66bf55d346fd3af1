"""Every address of the program. A door to a room that is not built yet is absent, never a stub."""

from django.urls import URLPattern, path

from abonent.api import health
from abonent.portal import site
from abonent.ui import language, preferences

urlpatterns: list[URLPattern] = [
    path("", site.home, name="home"),
    path("services/", site.services, name="services"),
    path("services/<slug:kind>/", site.service, name="service"),
    path("tariffs/", site.tariffs, name="tariffs"),
    path("news/", site.news, name="news"),
    path("news/<slug:slug>/", site.news_item, name="news_item"),
    path("contacts/", site.contacts, name="contacts"),
    path("about/", site.text, {"slug": "about"}, name="about"),
    path("how-to-connect/", site.text, {"slug": "how-to-connect"}, name="how_to_connect"),
    path("offer/", site.text, {"slug": "offer"}, name="offer"),
    path("privacy/", site.text, {"slug": "privacy"}, name="privacy"),
    path("language/", language.switch, name="language"),
    path("theme/", preferences.switch_theme, name="theme"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

handler400 = "abonent.ui.errors.bad_request"
handler403 = "abonent.ui.errors.permission_denied"
handler404 = "abonent.ui.errors.not_found"
handler500 = "abonent.ui.errors.server_error"
