"""What the worker does beside the web: tasks, reactions, schedules; who asked, how far it is, and what became of it."""
