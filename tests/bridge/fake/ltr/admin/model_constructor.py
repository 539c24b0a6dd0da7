import functools
import importlib


class NetConstructor:
    def __init__(self, fun_name, fun_module, args, kwds):
        self.fun_name = fun_name
        self.fun_module = fun_module
        self.args = args
        self.kwds = kwds

    def get(self):
        return getattr(importlib.import_module(self.fun_module), self.fun_name)(*self.args, **self.kwds)


def model_constructor(function):
    @functools.wraps(function)
    def construct(*args, **kwds):
        net = function(*args, **kwds)
        net.constructor = NetConstructor(function.__name__, function.__module__, args, kwds)
        return net

    return construct
