/*
 * `ctrtool init ...`: what Autoserver leaves in charge as the first process. It reaps, and of its
 * signals it knows SIGTERM, which reboots. The consoles its arguments name it does not open.
 */
#include <signal.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments)
{
	siginfo_t news;
	sigset_t all;

	if (count < 2 || strcmp(arguments[1], "init") != 0)
		return 1;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (;;) {
		sigwaitinfo(&all, &news);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (news.si_signo == SIGTERM) {
			sync();
			reboot(RB_AUTOBOOT);
		}
	}
}
