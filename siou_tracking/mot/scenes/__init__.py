"""Generated crowds: `Crowd` renders a street of people, `write_motchallenge` stores such sequences.

Start reading in scene.py; who walks there is in cast.py, the files are in crowd.py.
"""

from siou_tracking.mot.scenes.crowd import write_motchallenge
from siou_tracking.mot.scenes.scene import Crowd, Crowdedness

__all__ = ["Crowd", "Crowdedness", "write_motchallenge"]
