class BaseVideoDataset:
    def __init__(self, name, root, image_loader):
        self.name = name
        self.root = root
        self.image_loader = image_loader
        self.sequence_list = []

    def __len__(self):
        return self.get_num_sequences()

    def get_name(self):
        return self.name

    def is_video_sequence(self):
        return True

    def get_num_sequences(self):
        return len(self.sequence_list)

    def get_sequence_info(self, seq_id):
        raise NotImplementedError

    def get_frames(self, seq_id, frame_ids, anno=None):
        raise NotImplementedError
