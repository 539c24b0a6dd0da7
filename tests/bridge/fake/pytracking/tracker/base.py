class BaseTracker:
    """Keeps the first box; its network is loaded and asked once, so that everything a tracker touches is touched."""

    def __init__(self, params):
        self.params = params
        self.visdom = None

    def initialize(self, image, info):
        if not self.params.has("device"):
            self.params.device = "cuda" if self.params.use_gpu else "cpu"
        self.params.net.initialize()
        self.params.net.net.to(self.params.device)
        self.box = list(info["init_bbox"])
        return {}

    def track(self, image, info=None):
        return {"target_bbox": [float(value) for value in self.box]}
