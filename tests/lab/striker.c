/* Hears what the stand-ins of tripwire.c tell, and strikes at one call, where no Python is:
 * striker LOG AT VICTIM PID-FILE. VICTIM is "shell" (whose pid is the first word of that file),
 * "caller" (who runs the program) or "fail" (the program fails). It writes each call to the log,
 * which is there as soon as it listens. It is all in memory: whatever stops, it goes on. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WIRE HERE "/.wire"
#define SHOWN 90

static int first(const char *path)
{
    FILE *file = fopen(path, "r");
    int pid = 0;

    if (file && fscanf(file, "%d", &pid) != 1)
        pid = 0;
    if (file)
        fclose(file);
    return pid;
}

static int parent(int pid)
{
    char path[64], text[512], *end;
    int found = 0, file;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    file = open(path, O_RDONLY);
    memset(text, 0, sizeof text);
    if (file >= 0 && read(file, text, sizeof text - 1) > 0 && (end = strrchr(text, ')')))
        sscanf(end + 1, " %*c %d", &found);
    close(file);
    return found;
}

int main(int count, char **words)
{
    struct sockaddr_un place = {AF_UNIX, ""};
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + sizeof WIRE;
    int wire = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), calls, log;

    if (count != 5)
        return 2;
    memcpy(place.sun_path + 1, WIRE, sizeof WIRE - 1);
    if (mlockall(MCL_CURRENT | MCL_FUTURE) || bind(wire, (struct sockaddr *)&place, length) ||
        listen(wire, 64) || (log = open(words[1], O_WRONLY | O_CREAT | O_TRUNC, 0600)) < 0) {
        perror(words[1]);
        return 1;
    }
    for (calls = 1;; calls++) {
        int each = accept(wire, NULL, NULL), strikes = calls == atoi(words[2]), victim;
        char said[4096] = "", *verdict = "g";
        struct ucred peer = {0};
        socklen_t size = sizeof peer;
        ssize_t at, got = recv(each, said, sizeof said - 1, 0);

        getsockopt(each, SOL_SOCKET, SO_PEERCRED, &peer, &size);
        for (at = 0; at < got - 1; at++)
            if (said[at] < ' ')
                said[at] = ' ';
        dprintf(log, "%d %.*s\n", calls, SHOWN, said);
        if (strikes && !strcmp(words[3], "fail")) {
            verdict = "f";
        } else if (strikes) {
            victim = strcmp(words[3], "shell") ? parent(peer.pid) : first(words[4]);
            if (victim > 1)
                kill(victim, SIGKILL);
        }
        send(each, verdict, 1, MSG_NOSIGNAL);
        close(each);
    }
}
