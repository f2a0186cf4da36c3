#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void report(int pipe, int stage) {
    int words[2] = {stage, errno};
    ssize_t ignored = write(pipe, words, sizeof words);
    (void)ignored;
    _exit(127);
}

static void become_child(const struct cp_spawn_options *o, int pipe, pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++) {
        if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (o->own_session) setsid();
    if (o->dies_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(127);
    }
    if (o->directory && chdir(o->directory) != 0) report(pipe, 2);
    // Move everything out of the way first, so that no dup2 overwrites a descriptor still needed.
    int in = fcntl(o->input, F_DUPFD, 10);
    int out = fcntl(o->output, F_DUPFD, 10);
    int err = fcntl(o->error, F_DUPFD, 10);
    int tell = fcntl(pipe, F_DUPFD, 10);
    if (in < 0 || out < 0 || err < 0 || tell < 0) report(pipe, 1);
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    dup2(tell, 3);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    syscall(SYS_close_range, 4u, ~0u, 0u);
    execve(o->path, o->argv, o->envp);
    report(3, 3);
}

pid_t cp_spawn(const struct cp_spawn_options *options, int *stage) {
    int pipes[2];
    *stage = 1;
    if (pipe2(pipes, O_CLOEXEC) != 0) return -errno;
    pid_t parent = getpid();
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) become_child(options, pipes[1], parent);
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(pipes[1]);
    if (pid < 0) {
        close(pipes[0]);
        return -fork_error;
    }
    int words[2];
    ssize_t count;
    do {
        count = read(pipes[0], words, sizeof words);
    } while (count < 0 && errno == EINTR);
    close(pipes[0]);
    if (count == (ssize_t)sizeof words) {
        waitpid(pid, NULL, 0);
        *stage = words[0];
        return -words[1];
    }
    *stage = 0;
    return pid;
}

int cp_pidfd_open(pid_t pid) {
    int result = (int)syscall(SYS_pidfd_open, pid, 0);
    if (result < 0) return -errno;
    fcntl(result, F_SETFD, FD_CLOEXEC);
    return result;
}

int cp_reap(pid_t pid, int *exited, int *code, int *signal) {
    int status = 0;
    pid_t result = waitpid(pid, &status, WNOHANG);
    if (result < 0) return -errno;
    if (result == 0) return 0;
    *exited = WIFEXITED(status) ? 1 : 0;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    *signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return 1;
}

int cp_become_subreaper(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 ? 0 : -errno;
}

uint64_t cp_start_ticks(pid_t pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    if (count <= 0) return 0;
    text[count] = 0;
    char *at = strrchr(text, ')');
    if (!at) return 0;
    at++;
    // The 22nd field, counted from the process ID; the name before ')' was the second.
    for (int field = 3; field < 22; field++) {
        at = strchr(at + 1, ' ');
        if (!at) return 0;
    }
    return strtoull(at + 1, NULL, 10);
}
