"""Files from strangers: read within limits that are named, so that none can wait for ever or fill the memory."""
