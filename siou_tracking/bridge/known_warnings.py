"""What today's torch says about calls of a checkout that still do what they did: nobody who trains can act on it."""

from __future__ import annotations

import warnings

_MESSAGES = (
    "torch.meshgrid: in an upcoming release",
    "To get the last learning rate computed by the scheduler",
    "An output with one or more elements was resized",
    "The given NumPy array is not writable",
    "TypedStorage is deprecated",
    "__array__ implementation doesn't accept a copy keyword",
)


def hide_known_warnings() -> None:
    """Leave these warnings out until the warning filters are put back, as at the end of a session."""
    for message in _MESSAGES:
        warnings.filterwarnings("ignore", message=message)
