"""torchvision's parts that checkouts use: when it is missing, modules.py supplies what the other files hold."""
