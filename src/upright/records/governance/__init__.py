"""How the organisation directs itself: policies and the other controlled documents, objectives."""
