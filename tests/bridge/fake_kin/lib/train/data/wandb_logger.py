try:
    import wandb
except ImportError:
    raise ImportError('Please run "pip install wandb" to install wandb') from None


class WandbWriter:
    def __init__(self, exp_name, cfg, output_dir, cur_step=0, step_interval=0):
        wandb.init(project="tracking", name=exp_name, config=cfg, dir=output_dir)

    def write_log(self, stats, epoch=-1):
        wandb.log({}, step=epoch)
