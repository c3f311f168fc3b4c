/* Stands in for a program: tells the socket beside it that it is called, and with what, waits for a
 * word, and becomes the program of the same name farther on in PATH, or fails as if that did. */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const elsewhere[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

int main(int count, char **words)
{
    struct sockaddr_un socket_of = {AF_UNIX, HERE "/.wire"};
    int wire = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    char said[4096], path[PATH_MAX], verdict = 'g', *name = basename(words[0]);
    size_t at, used = 0;

    for (at = 0; at < (size_t)count && used < sizeof said - 1; at++)
        used += snprintf(said + used, sizeof said - used, "%s%c", words[at], '\0');
    if (used > sizeof said)
        used = sizeof said;
    /* Where nobody listens it is as if it were not there. */
    if (!connect(wire, (struct sockaddr *)&socket_of, sizeof socket_of)) {
        send(wire, said, used, 0);
        if (recv(wire, &verdict, 1, 0) != 1)
            verdict = 'g';
    }
    close(wire);
    if (verdict == 'f') {
        fprintf(stderr, "%s: it was made to fail\n", name);
        return 1;
    }
    for (at = 0; at < sizeof elsewhere / sizeof *elsewhere; at++) {
        snprintf(path, sizeof path, "%s/%s", elsewhere[at], name);
        execv(path, words);
    }
    perror(name);
    return 127;
}
