import jpeg4py


def jpeg4py_loader(path):
    try:
        return jpeg4py.JPEG(path).decode()
    except Exception as error:
        print(f"ERROR: could not read image {path}: {error}")
        return None
