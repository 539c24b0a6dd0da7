import lvis.lvis as lvis_package


class LVIS:
    def __init__(self, root):
        self.annotations = lvis_package.LVIS(root)
