"""Worker processes, the queue of stages, and the slots of the machine."""
