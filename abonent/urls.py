"""Every address of the program. A door to a room that is not built yet is absent, never a stub."""

from django.conf import settings
from django.urls import URLPattern, path

from abonent.api import health, webhooks
from abonent.api.checkpay import views as checkpay
from abonent.api.v1 import app as api_v1
from abonent.backoffice import addresses as staff_addresses
from abonent.backoffice import sign_in as staff_sign_in
from abonent.demo import cast, phone, screens
from abonent.portal import (
    addons,
    app,
    autopay,
    cabinet,
    cards,
    chat,
    close,
    connect,
    deferred,
    devices,
    discovery,
    documents,
    history,
    internet,
    mail,
    notices,
    own_contacts,
    passwords,
    pause,
    pay,
    pay_code,
    privacy,
    receipt,
    resume,
    scope,
    second_step,
    security,
    sign_in,
    site,
    support,
    talk,
    tariff,
)
from abonent.ui import language, preferences

urlpatterns: list[URLPattern] = [
    path("", site.home, name="home"),
    path("services/", site.services, name="services"),
    path("services/<slug:kind>/", site.service, name="service"),
    path("tariffs/", site.tariffs, name="tariffs"),
    path("news/", site.news, name="news"),
    path("news/pictures/<int:news_id>/", site.news_picture, name="news_picture"),
    path("news/<slug:slug>/", site.news_item, name="news_item"),
    path("contacts/", site.contacts, name="contacts"),
    path("about/", site.text, {"slug": "about"}, name="about"),
    path("how-to-connect/", site.text, {"slug": "how-to-connect"}, name="how_to_connect"),
    path("offer/", site.text, {"slug": "offer"}, name="offer"),
    path("privacy/", site.text, {"slug": "privacy"}, name="privacy"),
    path("app/", app.shell, name="app"),
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("service-worker.js", app.service_worker, name="service_worker"),
    path("u/<str:token>/", notices.refusal, name="refusal"),
    path("sitemap.xml", discovery.sitemap, name="sitemap"),
    path("robots.txt", discovery.robots, name="robots"),
    path("connect/", connect.page, name="connect"),
    path("connect/request/<str:token>/", connect.followed, name="request_followed"),
    path("connect/<slug:tariff>/", connect.of_tariff, name="connect_tariff"),
    path("login/", sign_in.login, name="account_login"),  # allauth calls it so
    path("login/", sign_in.login, name="login"),
    path("login/code/", second_step.code, name="mfa_authenticate"),  # and this
    path("login/passkey/", second_step.passkey, name="login_passkey"),
    path("login/passkey/question/", second_step.passkey_question, name="login_passkey_question"),
    path("logout/", sign_in.logout, name="logout"),
    path("password/forgot/", passwords.forgot, name="password_forgot"),
    path("cabinet/", cabinet.first_screen, name="cabinet"),
    path("cabinet/app.json", app.snapshot, name="app_snapshot"),
    path("cabinet/notices/", notices.page, name="notices"),
    path("cabinet/services/", cabinet.services, name="cabinet_services"),
    path("cabinet/internet/", internet.page, name="internet"),
    path("cabinet/tariff/", tariff.page, name="tariff"),
    path("cabinet/addons/", addons.page, name="addons"),
    path("cabinet/history/", history.page, name="history"),
    path("cabinet/history.csv", history.file, name="history_file"),
    path("cabinet/receipts/<int:receipt_id>/", receipt.page, name="receipt"),
    path("cabinet/devices/", devices.page, name="devices"),
    path("cabinet/documents/", documents.page, name="documents"),
    path("cabinet/documents/<int:document_id>/", documents.file, name="document"),
    path("cabinet/statement/", documents.statement, name="statement"),
    path("cabinet/reconciliation/", documents.settlements, name="reconciliation"),
    path("cabinet/pay/", pay.form, name="pay"),
    path("cabinet/pay/code.svg", pay_code.svg, name="pay_code"),
    path("cabinet/pay/<str:token>/", pay.result, name="payment"),
    path("cabinet/cards/", cards.page, name="cards"),
    path("cabinet/cards/<str:token>/", cards.bound, name="card_bound"),
    path("cabinet/autopay/", autopay.page, name="autopay"),
    path("cabinet/deferred/", deferred.page, name="deferred"),
    path("cabinet/resume/", resume.page, name="resume"),
    path("cabinet/pause/", pause.page, name="pause"),
    path("cabinet/close/", close.page, name="close"),
    path("cabinet/privacy/", privacy.page, name="privacy_own"),
    path("cabinet/privacy/data.<slug:form>", privacy.data, name="privacy_data"),
    path("cabinet/password/", passwords.change, name="password"),
    path("cabinet/support/", support.page, name="support"),
    path("cabinet/support/<str:token>/", support.conversation, name="support_talk"),
    path("chat/", chat.page, name="chat"),
    path("chat/<str:token>/", chat.conversation, name="chat_talk"),
    path("talk/<str:token>/say/", talk.say, name="talk_say"),
    path("talk/<str:token>/after/", talk.after, name="talk_after"),
    path("talk/<str:token>/seen/", talk.seen, name="talk_seen"),
    path("talk/<str:token>/typing/", talk.typing, name="talk_typing"),
    path("talk/<str:token>/leave/", talk.leave, name="talk_leave"),
    path("talk/<str:token>/mark/", talk.mark, name="talk_mark"),
    path("talk/<str:token>/transcript/", talk.transcript, name="talk_transcript"),
    path("talk/<str:token>/file/<int:attachment_id>/", talk.file, name="talk_file"),
    path("mail/", mail.page, name="mail"),
    path("mail/login/", mail.login, name="mail_login"),
    path("mail/write/", mail.write, name="mail_write"),
    path("mail/unread/", mail.unread, name="mail_unread"),
    path("mail/<str:token>/", mail.letter, name="mail_letter"),
    path("mail/<str:token>/archive/", mail.archive, name="mail_archive"),
    path("cabinet/security/", security.page, name="security"),
    path("cabinet/security/app/", security.app, name="security_app"),
    path("cabinet/security/passkey/", security.passkey, name="security_passkey"),
    path("cabinet/security/passkey/question/", security.passkey_question, name="security_passkey_question"),
    path("cabinet/security/log/", security.log, name="security_log"),
    path("cabinet/profile/", own_contacts.page, name="profile"),
    path("cabinet/contract/", scope.switch, name="contract"),
    path("language/", language.switch, name="language"),
    path("theme/", preferences.switch_theme, name="theme"),
    *staff_addresses.urlpatterns,
    *api_v1.urlpatterns,
    path("hooks/yookassa/<str:secret>/", webhooks.yookassa, name="yookassa_hook"),
    path("hooks/yookassa/<str:secret>/", webhooks.yookassa),
    path("pay/osmp/", checkpay.osmp, name="osmp"),
    path("pay/sber/", checkpay.sber, name="sber"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

if settings.SANDBOX:
    sign_in.cast_of_demo = cast.shown  # portal cannot ask demo, which stands above it
    staff_sign_in.staff_of_demo = cast.staff_shown
    notices.phone_of_demo = phone.subscribed
    urlpatterns += [
        path("sandbox/", screens.index, name="sandbox"),
        path("sandbox/clock/", screens.the_clock, name="sandbox_clock"),
        path("sandbox/<str:key>/", screens.door),
    ]

handler400 = "abonent.ui.errors.bad_request"
handler403 = "abonent.ui.errors.permission_denied"
handler404 = "abonent.ui.errors.not_found"
handler500 = "abonent.ui.errors.server_error"
