"""The desk: one frozen description per record type; screens, API, export and import are made from it."""
