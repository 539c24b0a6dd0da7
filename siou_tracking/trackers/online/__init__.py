"""What trackers share that learn their target online: crops, memory, localization, box refinement."""
