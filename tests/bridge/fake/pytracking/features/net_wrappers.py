from pytracking.utils.loading import load_network


class NetWithBackbone:
    def __init__(self, net_path, use_gpu=True, **kwargs):
        self.net_path = net_path
        self.use_gpu = use_gpu
        self.net = None
        self.net_kwargs = kwargs

    def initialize(self):
        self.net = load_network(self.net_path, **self.net_kwargs)
        if self.use_gpu:
            self.net.cuda()
        self.net.eval()
