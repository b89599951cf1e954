"""The application that a WSGI server runs, as ``upright.site.wsgi:application``.

It is made when a server asks for it, and refuses then what would not be safe; reading this module starts nothing.
"""

import os
from functools import cache

from upright.site.address import Application, FixedAddress, address
from upright.site.safety import demand_safe


def __getattr__(name: str) -> Application:
    if name != "application":
        raise AttributeError(name)
    return made()


@cache
def made() -> Application:
    """The application, once.

    Raises:
        InputError: this environment is not fit for real work, and does not say that it is the demo.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "upright.site.settings")
    demand_safe(os.environ)
    from django.core.wsgi import get_wsgi_application

    django: Application = get_wsgi_application()
    found = address(os.environ)
    return django if found is None else FixedAddress(django, found)
