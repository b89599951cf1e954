"""What runs inside the sandbox: the child's own start, the locks it puts on itself, and the tasks it may do.

The parent never imports the tasks. Nothing here imports the rest of Upright.
"""
