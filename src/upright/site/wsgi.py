"""The application that a WSGI server runs; it refuses to start where that would not be safe."""

import os

from django.core.wsgi import get_wsgi_application

from upright.site.address import Application, FixedAddress, address
from upright.site.safety import demand_safe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "upright.site.settings")
demand_safe(os.environ)
_found = address(os.environ)
_django: Application = get_wsgi_application()
application: Application = _django if _found is None else FixedAddress(_django, _found)
