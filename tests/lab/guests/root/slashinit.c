/*
 * A first process of the manners of angt's /init: it unlinks itself, wipes its arguments, blocks
 * every signal and runs /etc/boot and /etc/reboot in turn. After them it loads /kernel, else reboots
 * if there is /reboot, else starts over with every process killed.
 *
 * Unlike the original, whose kernels hold their initramfs, it gives a new kernel /kernel.initrd.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIET (MS_NOSUID | MS_NOEXEC)

static void say(const char *what, const char *more)
{
	FILE *log = fopen("/dev/kmsg", "w");

	if (log) {
		fprintf(log, "<6>/init: %s%s\n", what, more);
		fclose(log);
	}
}

static void place(const char *source, const char *target, const char *type, unsigned long flags)
{
	mkdir(target, 0755);
	if (mount(source, target, type, flags, NULL))
		say("no mount at ", target);
}

static void run(const char *stage)
{
	pid_t child, ended;

	say("Running ", stage);
	child = fork();
	if (child == 0) {
		sigset_t all;

		sigfillset(&all);
		sigprocmask(SIG_UNBLOCK, &all, NULL);
		setsid();
		execl(stage, stage, (char *)NULL);
		_exit(1);
	}
	do
		ended = wait(NULL);
	while (ended > 0 && ended != child);
}

static void load(void)
{
	char words[1024] = "";
	int kernel = open("/kernel", O_RDONLY);
	int initrd = open("/kernel.initrd", O_RDONLY);
	int file = open("/kernel.cmdline", O_RDONLY);
	ssize_t length = file < 0 ? 0 : read(file, words, sizeof words - 1);

	if (kernel < 0)
		return;
	say("Found /kernel, loading...", "");
	words[length < 0 ? 0 : length] = '\0';
	words[strcspn(words, "\n")] = '\0';
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(words) + 1, words,
		    initrd < 0 ? 4UL /* KEXEC_FILE_NO_INITRAMFS */ : 0UL)) {
		say("kexec: refused", "");
		return;
	}
	sync();
	kill(-1, SIGKILL);
	reboot(RB_KEXEC);
}

int main(int count, char **arguments)
{
	sigset_t all;

	if (getpid() != 1)
		return 1;
	setsid();
	mount(NULL, "/", NULL, MS_REMOUNT | MS_NOSUID, NULL);
	place("none", "/proc", "proc", QUIET | MS_NODEV);
	place("none", "/sys", "sysfs", QUIET | MS_NODEV);
	place("none", "/sys/fs/cgroup", "cgroup2", QUIET | MS_NODEV);
	place("none", "/dev", "devtmpfs", QUIET | MS_STRICTATIME);
	place("devpts", "/dev/pts", "devpts", QUIET);
	unlink("/init");
	while (--count > 0)
		memset(arguments[count], 0, strlen(arguments[count]));
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (;;) {
		run("/etc/boot");
		run("/etc/reboot");
		load();
		sync();
		kill(-1, SIGKILL);
		if (access("/reboot", F_OK) == 0)
			reboot(RB_AUTOBOOT);
		sleep(1);
	}
}
