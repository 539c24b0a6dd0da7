"""What `--box-loss` does to a training: the choice, the kinds of heads, and what each learns instead.

Start reading in choice.py, then retarget.py and families.py; by_shape/ finds the box loss of actors that no list knows.
Knows the losses and no engine.
"""

from siou_tracking.retrain.choice import BoxLossChoice, set_box_loss
from siou_tracking.retrain.request import NO_OPTIONS, TrainRequest
from siou_tracking.retrain.retarget import retarget

__all__ = ["NO_OPTIONS", "BoxLossChoice", "TrainRequest", "retarget", "set_box_loss"]
