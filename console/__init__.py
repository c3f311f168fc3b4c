"""What there is and what may be done: pure, standard library only.

The map of the house::

    console/    model, parsers, derivation, plans; the front door (__main__, cli/)
    backends/   everything that touches a kernel, a socket, a file or a process
    screens/    everything that imports Textual or decides how something looks

Looking flows one way: answers -parse-> Facts -derive-> Host -> Fleet.view -> screens.
"""
