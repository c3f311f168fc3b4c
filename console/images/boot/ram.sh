# What the kernel unpacked is the root.
exec /sbin/init
