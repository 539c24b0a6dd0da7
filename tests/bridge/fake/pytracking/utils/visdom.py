import visdom
import visdom.server


class Visdom:
    def __init__(self):
        self.visdom = visdom.Visdom(server=visdom.server)
