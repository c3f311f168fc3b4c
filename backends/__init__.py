"""Everything that touches a kernel, a socket, a file of the host, a process or a database."""
