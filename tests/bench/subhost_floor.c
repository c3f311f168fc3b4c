/* The least a subhost takes: `subhost_floor NAME FOLDER` builds one with system calls alone,
 * prints "up", and takes it down when its stdin ends. No program is run on the way. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int done, const char *what)
{
    if (!done) {
        perror(what);
        exit(1);
    }
}

struct message {
    struct nlmsghdr head;
    struct ifinfomsg link;
    char room[256];
};

static struct rtattr *put(struct message *to, int type, const void *data, int size)
{
    struct rtattr *attribute = (void *)((char *)to + NLMSG_ALIGN(to->head.nlmsg_len));

    attribute->rta_type = type;
    attribute->rta_len = RTA_LENGTH(size);
    memcpy(RTA_DATA(attribute), data, size);
    to->head.nlmsg_len = NLMSG_ALIGN(to->head.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
    return attribute;
}

static void end(struct message *to, struct rtattr *nest)
{
    nest->rta_len = (char *)to + to->head.nlmsg_len - (char *)nest;
}

static void cable(const char *outer, int peer)
{
    struct message ask = {
        .head = {NLMSG_LENGTH(sizeof(struct ifinfomsg)), RTM_NEWLINK,
                 NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK},
        .link = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP},
    };
    struct ifinfomsg inner = {0};
    struct rtattr *info, *data, *other;
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        char room[512];
    } said;
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    put(&ask, IFLA_IFNAME, outer, strlen(outer) + 1);
    info = put(&ask, IFLA_LINKINFO, "", 0);
    put(&ask, IFLA_INFO_KIND, "veth", 4);
    data = put(&ask, IFLA_INFO_DATA, "", 0);
    other = put(&ask, VETH_INFO_PEER, &inner, sizeof inner);
    put(&ask, IFLA_IFNAME, "eth0", 5);
    put(&ask, IFLA_NET_NS_PID, &peer, sizeof peer);
    end(&ask, other);
    end(&ask, data);
    end(&ask, info);
    must(send(netlink, &ask, ask.head.nlmsg_len, 0) > 0, "netlink");
    must(recv(netlink, &said, sizeof said, 0) > 0, "netlink");
    errno = -said.error.error;
    must(!errno, outer);
    close(netlink);
}

static void devices(void)
{
    static const struct { const char *name; int minor; } nodes[] = {
        {"dev/null", 3}, {"dev/zero", 5}, {"dev/full", 7}, {"dev/random", 8}, {"dev/urandom", 9},
    };
    size_t at;

    must(!mount("dev", "dev", "tmpfs", MS_NOSUID, "size=50m,mode=755"), "dev");
    for (at = 0; at < sizeof nodes / sizeof *nodes; at++)
        must(!mknod(nodes[at].name, S_IFCHR | 0666, makedev(1, nodes[at].minor)), nodes[at].name);
    must(!mknod("dev/tty", S_IFCHR | 0666, makedev(5, 0)), "tty");
    must(!mkdir("dev/pts", 0755) && !mkdir("dev/shm", 01777), "dev/pts");
    must(!mount("devpts", "dev/pts", "devpts", 0, "newinstance,ptmxmode=666,mode=620"), "devpts");
    must(!symlink("pts/ptmx", "dev/ptmx") && !symlink("/proc/self/fd", "dev/fd"), "ptmx");
    must(!symlink("fd/0", "dev/stdin") && !symlink("fd/1", "dev/stdout") &&
             !symlink("fd/2", "dev/stderr"), "stdin");
}

static void raise_links(void)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    struct ifreq eth0 = {.ifr_name = "eth0", .ifr_flags = IFF_UP};
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    must(!ioctl(any, SIOCSIFFLAGS, &lo) && !ioctl(any, SIOCSIFFLAGS, &eth0), "links");
    close(any);
}

static void inside(const char *name, const char *folder, int go, int ready)
{
    char layers[8192];
    char byte;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    must(!chdir(folder), folder);
    must(!mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "slave");
    snprintf(layers, sizeof layers, "lowerdir=/,upperdir=%s/root,workdir=%s/work", folder, folder);
    must(!mount(name, "live", "overlay", 0, layers), "overlay");
    must(!chdir("live"), "live");
    devices();
    must(!mount("run", "run", "tmpfs", 0, "size=50m,mode=755"), "run");
    must(!mkdir("dev/.host", 0700) && !syscall(SYS_pivot_root, ".", "dev/.host"), "pivot_root");
    must(!chdir("/"), "/");
    must(!umount2("/dev/.host", MNT_DETACH) && !rmdir("/dev/.host"), "old root");
    must(!mount("proc", "/proc", "proc", 0, NULL), "proc");
    must(!mount("sysfs", "/sys", "sysfs", 0, NULL), "sysfs");
    must(!sethostname(name, strlen(name)), "hostname");
    must(read(go, &byte, 1) == 1, "go"); /* the cable is laid */
    raise_links();
    must(write(ready, "", 1) == 1, "ready");
    for (;;)
        pause();
}

int main(int count, char **words)
{
    int go[2], ready[2];
    char byte;
    char outer[IFNAMSIZ], published[256], space[64];
    pid_t first;

    must(count == 3, "NAME FOLDER");
    must(!pipe2(go, O_CLOEXEC) && !pipe2(ready, O_CLOEXEC), "pipe");
    first = syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                    CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0);
    must(first >= 0, "clone");
    if (!first)
        inside(words[1], words[2], go[0], ready[1]);
    close(ready[1]);
    snprintf(outer, sizeof outer, "%s0", words[1]);
    cable(outer, first);
    must(write(go[1], "", 1) == 1, "go");
    must(read(ready[0], &byte, 1) == 1, "ready");
    snprintf(published, sizeof published, "/run/netns/%s", words[1]);
    snprintf(space, sizeof space, "/proc/%d/ns/net", first);
    must(close(open(published, O_CREAT | O_EXCL, 0444)) == 0, published);
    must(!mount(space, published, NULL, MS_BIND, NULL), "publish");
    puts("up");
    fflush(stdout);

    while (read(0, &byte, 1) > 0)
        ;
    must(!kill(first, SIGKILL) && waitpid(first, NULL, 0) == first, "kill");
    must(!umount2(published, MNT_DETACH) && !unlink(published), "unpublish");
    return 0;
}
