"""The workplace's addresses, all under /staff/; urls.py has them beside every other one."""

from django.urls import URLPattern, path

from abonent.backoffice import board, desk, home, my_visits, petitions, requests, sign_in, subscribers, visits

urlpatterns: list[URLPattern] = [
    path("staff/", home.page, name="staff"),
    path("staff/login/", sign_in.login, name="staff_login"),
    path("staff/logout/", sign_in.logout, name="staff_logout"),
    path("staff/desk/", desk.page, name="staff_desk"),
    path("staff/desk/lists/", desk.lists, name="staff_desk_lists"),
    path("staff/desk/state/", desk.state, name="staff_desk_state"),
    path("staff/desk/load/", desk.supervisor, name="staff_desk_load"),
    path("staff/desk/<int:number>/", desk.conversation, name="staff_talk"),
    path("staff/desk/<int:number>/say/", desk.say),
    path("staff/desk/<int:number>/after/", desk.after),
    path("staff/desk/<int:number>/seen/", desk.seen),
    path("staff/desk/<int:number>/typing/", desk.typing),
    path("staff/desk/<int:number>/take/", desk.take),
    path("staff/desk/<int:number>/hand-over/", desk.hand_over),
    path("staff/desk/<int:number>/close/", desk.close),
    path("staff/desk/<int:number>/file/<int:attachment_id>/", desk.file),
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
