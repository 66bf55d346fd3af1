"""The workplace's addresses, all under /staff/; urls.py has them beside every other one."""

from django.urls import URLPattern, path

from abonent.backoffice import home, sign_in, subscribers

urlpatterns: list[URLPattern] = [
    path("staff/", home.page, name="staff"),
    path("staff/login/", sign_in.login, name="staff_login"),
    path("staff/logout/", sign_in.logout, name="staff_logout"),
    path("staff/search/", subscribers.search, name="staff_search"),
    path("staff/contracts/<str:number>/", subscribers.contract, name="staff_contract"),
]
