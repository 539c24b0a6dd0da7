class StatValue:
    def __init__(self):
        self.val = 0
        self.history = []

    def update(self, val):
        self.val = val
        self.history.append(val)


class AverageMeter:
    def __init__(self):
        self.history = []
        self.reset()
        self.has_new_data = False

    def reset(self):
        self.val = self.avg = self.sum = self.count = 0

    def update(self, val, n=1):
        self.val = val
        self.sum += val * n
        self.count += n
        self.avg = self.sum / self.count

    def new_epoch(self):
        self.has_new_data = self.count > 0
        if self.has_new_data:
            self.history.append(self.avg)
            self.reset()
