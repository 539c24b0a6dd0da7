from . import BaseActor


class LWLActor(BaseActor):
    def __init__(self, net, objective, loss_weight=None, num_refinement_iter=3):
        super().__init__(net, objective)
        self.loss_weight = loss_weight
