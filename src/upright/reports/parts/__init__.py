"""What reports are put together from: each part turns a Dossier into plain values that a template only prints."""
