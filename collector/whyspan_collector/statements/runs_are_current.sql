SELECT count(*) = 0 FROM traces WHERE changed
