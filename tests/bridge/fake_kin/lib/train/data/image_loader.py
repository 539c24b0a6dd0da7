import cv2
import jpeg4py  # noqa: F401


def opencv_loader(path):
    try:
        return cv2.cvtColor(cv2.imread(path, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    except Exception as error:
        print(f"ERROR: Could not read image {path}")
        print(error)
        return None
