"""Django's settings, all of them from the environment; what is unsafe outside the demo is refused at start."""

import os
from pathlib import Path
from typing import Any

from upright.site.environment import database, flag, secret_key, upright_home

UPRIGHT_HOME = upright_home(os.environ)
DEMO = flag(os.environ, "UPRIGHT_DEMO")
DEBUG = flag(os.environ, "UPRIGHT_DEBUG")
SECRET_KEY = secret_key(os.environ, UPRIGHT_HOME)
ALLOWED_HOSTS = ["*"] if DEBUG else ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "upright.records.trail",
    "upright.records.identity",
    "upright.records.inventory",
    "upright.desk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "upright.site.urls"
WSGI_APPLICATION = "upright.site.wsgi.application"
AUTH_USER_MODEL = "identity.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, dict[str, Any]] = {"default": database(os.environ, UPRIGHT_HOME)}

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
STATIC_URL = "static/"
STATIC_ROOT = str(Path(UPRIGHT_HOME) / "static")
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
