/* The first process of a subhost: deaf to signals, it ends with the last of its children. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

int main(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    return 0;
}
