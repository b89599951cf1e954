"""The database gone and back under a server that really serves: said as 503, nothing acknowledged lost, it goes on."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings
from django.db import connection
from django.test import Client

from postgres import started
from records.addresses import address
from records.identity.accounts import account
from records.organisation import Organisation
from site_.serving import free_port

WAIT_S = 120


class Fault:
    """A database that can be taken away from those who use it, and given back."""

    def __init__(self, url: str) -> None:
        self.url = url

    def take(self) -> None:
        """Takes it away."""

    def give_back(self) -> None:
        """Gives it back."""


class Locked(Fault):
    """SQLite's file, locked by another process that writes and does not end."""
