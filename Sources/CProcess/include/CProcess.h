#pragma once
#include <stdint.h>
#include <sys/types.h>

/// How a child process is to begin. Strings and arrays are read only during `cp_spawn`.
struct cp_spawn_options {
    const char *_Nonnull path;
    char *_Nullable const *_Nonnull argv;
    char *_Nullable const *_Nonnull envp;
    const char *_Nullable directory;
    int input;
    int output;
    int error;
    /// Not 0: the child leads a session and process group of its own.
    int own_session;
    /// Not 0: the kernel ends the child when the calling thread ends.
    int dies_with_parent;
};

/// Starts a child. Returns its process ID, or a negative errno of fork, chdir or exec; `stage` then tells which:
/// 1 fork, 2 directory, 3 program. All descriptors but 0, 1, 2 are closed in it; signals are reset.
pid_t cp_spawn(const struct cp_spawn_options *_Nonnull options, int *_Nonnull stage);

/// A descriptor that becomes readable when the process ends; negative errno when there is none.
int cp_pidfd_open(pid_t pid);

/// Collects a child that ended: 1 and its status, 0 when it still runs, negative errno otherwise.
int cp_reap(pid_t pid, int *_Nonnull exited, int *_Nonnull code, int *_Nonnull signal);

/// Lets orphans of our children become our children.
int cp_become_subreaper(void);

/// The wall-clock time a process started, in clock ticks since boot, or 0: tells a reused process ID from the old one.
uint64_t cp_start_ticks(pid_t pid);
