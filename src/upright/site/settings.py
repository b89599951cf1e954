"""Django's settings, all of them from the environment; what is unsafe outside the demo is refused at start."""

import os
from pathlib import Path
from typing import Any

from upright.kernel.speech import LOCALE
from upright.site.address import address, address_settings
from upright.site.environment import database, flag, folders, mail, number, secret_key, upright_home
from upright.site.logs import logging_settings
from upright.site.sign_on import provider_apps, sign_on

UPRIGHT_HOME = upright_home(os.environ)
UPRIGHT_WORKSPACES = folders(os.environ, "UPRIGHT_WORKSPACES")
DEMO = flag(os.environ, "UPRIGHT_DEMO")
DEBUG = flag(os.environ, "UPRIGHT_DEBUG")
SECRET_KEY = secret_key(os.environ, UPRIGHT_HOME)
ADDRESS = address(os.environ)
globals().update(address_settings(ADDRESS))  # hosts, origins, cookies, path prefix
ALLAUTH_TRUSTED_PROXY_COUNT = number(os.environ, "UPRIGHT_PROXIES")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "upright.web",  # before identity, whose public pages it dresses
    "upright.records.trail",
    "upright.records.identity",  # before allauth, whose templates it replaces
    "upright.records.collaboration",
    "upright.records.inventory",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django.contrib.humanize",
    "upright.records.governance",
    "upright.records.risk",
    "upright.records.assurance",
    "upright.records.operations",
    "django_tasks",
    "django_tasks_db",
    "upright.records.work",
    "upright.desk",
    "upright.api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "upright.site.health.HealthFirst",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "upright.web.public.Sessions",
    "upright.web.language.BrowserLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "upright.web.language.OwnLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "upright.records.identity.login.middleware.DemandLogin",
    "upright.records.identity.login.middleware.ActorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "upright.web.errors.ErrorPages",
]
ROOT_URLCONF = "upright.site.urls"
WSGI_APPLICATION = "upright.site.wsgi.application"
AUTH_USER_MODEL = "identity.Account"
AUTHENTICATION_BACKENDS = ["upright.records.identity.login.backend.AccountBackend"]
CSRF_FAILURE_VIEW = "upright.web.errors.not_ours"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_COOKIE_AGE = 12 * 3600
MESSAGE_STORAGE = "upright.site.said_once.SaidOnce"
PASSWORD_RESET_TIMEOUT = 24 * 3600
CACHES = {"default": {"BACKEND": "upright.records.identity.login.cache.TableCache"}}
ACCOUNT_ADAPTER = "upright.records.identity.login.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator or the identity provider vouches for an address
# allauth's own would write addresses into its table.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105  # a class
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # this session stays, all others end: their hash no longer fits
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/5m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
MFA_FORMS = {
    "add_webauthn": "upright.records.identity.login.passkeys.AddForm",
    "login_webauthn": "upright.records.identity.login.passkeys.LoginForm",
    "reauthenticate_webauthn": "upright.records.identity.login.passkeys.ReauthenticateForm",
    "authenticate_webauthn": "upright.records.identity.login.passkeys.AuthenticateForm",
}
MFA_ADAPTER = "upright.records.identity.login.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Upright"
MFA_TOTP_TOLERANCE = 1  # a step before and after, for slow typing and clocks that differ (RFC 6238, section 5.2)
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO  # a passkey for http://localhost
SOCIALACCOUNT_ADAPTER = "upright.records.identity.login.provider.ProviderAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # login.provider decides who is linked
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": provider_apps(os.environ)}}
UPRIGHT_SIGN_ON = sign_on(os.environ)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000  # a thousand rows may be selected, each a field, and more is asked beside
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 << 20  # what `upright mitigate` writes is pasted whole, and a form makes it longer
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, dict[str, Any]] = {"default": database(os.environ, UPRIGHT_HOME)}
globals().update(mail(os.environ, UPRIGHT_HOME))  # Django reads each EMAIL_… as a name of this module
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

LOGGING = logging_settings()
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [LOCALE / one for one in ("interface", "wording")]  # what is marked; what is data
STATIC_URL = (
    f"{'' if ADDRESS is None else ADDRESS.prefix}/static/"  # whole: a relative one is read before its prefix is
)
STATIC_ROOT = str(Path(UPRIGHT_HOME) / "static")
# Collected files carry a digest in their names and are compressed; `upright serve` collects before it serves, with
# settings that it read before. A checkout that was not collected serves them as they lie.
IS_COLLECTED = "UPRIGHT_COLLECTS" in os.environ or (Path(STATIC_ROOT) / "staticfiles.json").is_file()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not IS_COLLECTED
WHITENOISE_AUTOREFRESH = DEBUG or not IS_COLLECTED
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "upright.web.frame.frame",
            ]
        },
    }
]
