"""The workplace's addresses, all under /staff/; urls.py has them beside every other one."""

from django.urls import URLPattern, path

from abonent.backoffice import board, home, my_visits, petitions, requests, sign_in, subscribers, visits

urlpatterns: list[URLPattern] = [
    path("staff/", home.page, name="staff"),
    path("staff/login/", sign_in.login, name="staff_login"),
    path("staff/logout/", sign_in.logout, name="staff_logout"),
    path("staff/search/", subscribers.search, name="staff_search"),
    path("staff/petitions/", petitions.page, name="staff_petitions"),
    path("staff/petitions/<int:petition_id>/", petitions.one, name="staff_petition"),
    path("staff/contracts/<str:number>/", subscribers.contract, name="staff_contract"),
    path("staff/requests/", board.page, name="staff_requests"),
    path("staff/requests/stage/<slug:state>/", board.stage, name="staff_stage"),
    path("staff/requests/<int:request_id>/", requests.page, name="staff_request"),
    path("staff/visits/", visits.page, name="staff_visits"),
    path("staff/visits/mine/", my_visits.day, name="staff_my_visits"),
    path("staff/visits/<int:visit_id>/", my_visits.page, name="staff_visit"),
    path("staff/photos/<int:photo_id>/", visits.photo, name="staff_photo"),
]
