"""Logging in, on django-allauth: how its views, mails and checks become ours."""
