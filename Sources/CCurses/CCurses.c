#define _GNU_SOURCE
#include "CCurses.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

WINDOW *cx_stdscr(void) { return stdscr; }
int cx_colors(void) { return COLORS; }
int cx_wcwidth(uint32_t scalar) { return wcwidth((wchar_t)scalar); }
int cx_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int cx_locale_is_utf8(void) {
    setlocale(LC_CTYPE, "");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

// -- curses on a piece of memory --------------------------------------------------------------------------------

static int frame_fd = -1;
static FILE *frame_file, *input_file;

SCREEN *cx_open(const char *term, int input_fd) {
    frame_fd = memfd_create("frame", MFD_CLOEXEC);
    if (frame_fd < 0) return NULL;
    frame_file = fdopen(frame_fd, "w");
    int input_copy = fcntl(input_fd, F_DUPFD_CLOEXEC, 3);
    input_file = input_copy < 0 ? NULL : fdopen(input_copy, "r");
    SCREEN *screen = frame_file && input_file ? newterm(term, frame_file, input_file) : NULL;
    if (!screen) cx_close(NULL);
    return screen;
}

void cx_close(SCREEN *screen) {
    if (screen) delscreen(screen);
    if (frame_file) fclose(frame_file);
    else if (frame_fd >= 0) close(frame_fd);
    if (input_file) fclose(input_file);
    frame_file = input_file = NULL;
    frame_fd = -1;
}

ssize_t cx_frame_bytes(uint8_t *into, size_t room) {
    fflush(frame_file);
    off_t count = lseek(frame_fd, 0, SEEK_CUR);
    if (count <= 0 || (size_t)count > room) return count;
    if (pread(frame_fd, into, (size_t)count, 0) != count) return -1;
    lseek(frame_fd, 0, SEEK_SET);
    return count;
}

const char *cx_string(const char *name) {
    const char *value = tigetstr(name);
    return value == (const char *)-1 ? NULL : value;
}

const char *cx_whole_region(int rows) {
    const char *region = cx_string("csr");
    return region ? tiparm(region, 0, rows - 1) : NULL;
}

int cx_size(int fd, int *width, int *height) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return 0;
    *width = size.ws_col;
    *height = size.ws_row;
    return 1;
}

// -- the terminal, taken and given back -------------------------------------------------------------------------

static struct termios saved;
static int tty_fd = -1;
static uint8_t goodbye_bytes[512];
static size_t goodbye_count;
static volatile sig_atomic_t is_taken;

static void write_all(int fd, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        bytes += written;
        count -= (size_t)written;
    }
}

int cx_remember(int fd, const uint8_t *goodbye, size_t count) {
    if (tcgetattr(fd, &saved) != 0) return 0;
    tty_fd = fd;
    goodbye_count = count < sizeof goodbye_bytes ? count : sizeof goodbye_bytes;
    memcpy(goodbye_bytes, goodbye, goodbye_count);
    return 1;
}

int cx_raw(int fd) {
    struct termios raw = saved;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    return tcsetattr(fd, TCSADRAIN, &raw) == 0;
}

void cx_taken(void) { is_taken = 1; }

void cx_restore(void) {
    if (!is_taken) return;
    is_taken = 0;
    int kept = errno;
    write_all(tty_fd, goodbye_bytes, goodbye_count);
    // Not TCSADRAIN: a terminal that reads nothing must not hold us.
    tcsetattr(tty_fd, TCSANOW, &saved);
    tcflush(tty_fd, TCIFLUSH);
    errno = kept;
}

// -- signals ----------------------------------------------------------------------------------------------------

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
static const int notices[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGINT, SIGQUIT};
static struct sigaction before[65];
static int news_fd = -1;
static int news;
static uint8_t crash_stack[64 * 1024];
static volatile sig_atomic_t is_ending;

static void tell(int bit) {
    int kept = errno;
    uint64_t one = 1;
    __atomic_fetch_or(&news, bit, __ATOMIC_SEQ_CST);
    if (write(news_fd, &one, sizeof one) < 0) { /* The counter is full: the loop wakes anyway. */ }
    errno = kept;
}

int cx_take_news(void) { return __atomic_exchange_n(&news, 0, __ATOMIC_SEQ_CST); }

static void on_notice(int signal_number) {
    switch (signal_number) {
    case SIGWINCH: tell(CX_NEWS_RESIZED); return;
    case SIGTSTP: tell(CX_NEWS_STOP); return;
    case SIGCONT: tell(CX_NEWS_CONTINUED); return;
    case SIGTERM: tell(CX_NEWS_TERM); break;
    case SIGHUP: tell(CX_NEWS_HANGUP); break;
    case SIGINT: tell(CX_NEWS_INTERRUPT); break;
    case SIGQUIT: tell(CX_NEWS_QUIT); break;
    }
    // The first asks for an orderly end; the second does not wait for it.
    if (!is_ending) {
        is_ending = 1;
        return;
    }
    cx_restore();
    cx_release_stderr();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static volatile sig_atomic_t has_crashed;

int cx_has_crashed(void) { return has_crashed; }

static void on_crash(int signal_number) {
    // Other threads run on while the crash is reported: none of them may draw over the restored terminal.
    has_crashed = 1;
    cx_restore();
    cx_release_stderr();
    sigaction(signal_number, &before[signal_number], NULL);
    raise(signal_number);
}

void cx_install_signals(int event_fd) {
    news_fd = event_fd;
    static int exit_registered;
    if (!exit_registered) {
        exit_registered = 1;
        atexit(cx_restore);
        atexit(cx_release_stderr);
    }
    stack_t current;
    if (sigaltstack(NULL, &current) == 0 && (current.ss_flags & SS_DISABLE)) {
        stack_t own = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};
        sigaltstack(&own, NULL);
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_notice;
    for (size_t i = 0; i < sizeof notices / sizeof *notices; i++) sigaction(notices[i], &action, &before[notices[i]]);
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK;
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) sigaction(crashes[i], &action, &before[crashes[i]]);
}

void cx_remove_signals(void) {
    for (size_t i = 0; i < sizeof notices / sizeof *notices; i++) sigaction(notices[i], &before[notices[i]], NULL);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) sigaction(crashes[i], &before[crashes[i]], NULL);
}

void cx_stop_self(void) {
    struct sigaction ours, standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    sigaction(SIGTSTP, &standard, &ours);
    sigset_t stop, mask;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stop, &mask);
    // To this thread: sent to the process, another thread might take it while this one goes on and draws.
    raise(SIGTSTP);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &ours, NULL);
}

// -- standard error ---------------------------------------------------------------------------------------------

enum { kept_bytes_max = 256 * 1024 };
static int stderr_saved = -1, stderr_memory = -1;

void cx_capture_stderr(void) {
    if (stderr_saved >= 0 || !isatty(STDERR_FILENO)) return;
    int memory = memfd_create("stderr", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0) return;
    // A child that writes without end meets a full file, not the end of our memory.
    if (ftruncate(memory, kept_bytes_max) != 0 || fcntl(memory, F_ADD_SEALS, F_SEAL_GROW) != 0) {
        close(memory);
        return;
    }
    stderr_saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (stderr_saved >= 0 && dup2(memory, STDERR_FILENO) >= 0) stderr_memory = memory;
    else close(memory);
}

void cx_release_stderr(void) {
    if (stderr_saved < 0 || stderr_memory < 0) return;
    off_t end = lseek(stderr_memory, 0, SEEK_CUR);
    dup2(stderr_saved, STDERR_FILENO);
    uint8_t part[4096];
    off_t at = 0;
    while (at < end) {
        ssize_t count = pread(stderr_memory, part, sizeof part, at);
        if (count <= 0) break;
        if (at + count > end) count = (ssize_t)(end - at);
        write_all(STDERR_FILENO, part, (size_t)count);
        at += count;
    }
    close(stderr_saved);
    close(stderr_memory);
    stderr_saved = stderr_memory = -1;
}
