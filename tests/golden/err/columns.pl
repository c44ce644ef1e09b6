	fprobe vfs_read {
	name = "ä中" == cuont
	中 = count
	x = cuont, 	y = coutn }
