"""The server as a whole: settings, addresses, and the only room that mounts web and API."""
