"""The pages, under WSGI."""

from django.core.wsgi import get_wsgi_application

from abonent.core import wakes

wakes.draw_together()
application = get_wsgi_application()
