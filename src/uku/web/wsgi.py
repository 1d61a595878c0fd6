from django.core.wsgi import get_wsgi_application

from uku.kit.loading import loading_what_stays

with loading_what_stays():
    application = get_wsgi_application()
