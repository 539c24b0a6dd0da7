"""What `--box-loss` does to a training: the choice, the kinds of heads, and what each learns instead.

Start reading in choice.py, then retarget.py and families.py. Knows the losses and no engine.
"""

from siou_tracking.retrain.choice import BoxLossChoice, pin_box_loss, set_box_loss
from siou_tracking.retrain.request import TrainRequest
from siou_tracking.retrain.retarget import retarget

__all__ = ["BoxLossChoice", "TrainRequest", "pin_box_loss", "retarget", "set_box_loss"]
