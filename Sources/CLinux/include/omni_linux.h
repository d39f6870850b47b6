#pragma once
/* Linux calls that Swift's Glibc module map does not import, and the few that need a C type.
   Every function returns what the system call returns; -1 with errno set on failure. */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* epoll(7) */
struct omni_epoll_ready {
    uint32_t events;
    int32_t fd;
};
enum {
    OMNI_EPOLL_IN = 0x001,
    OMNI_EPOLL_OUT = 0x004,
    OMNI_EPOLL_ERR = 0x008,
    OMNI_EPOLL_HUP = 0x010,
    OMNI_EPOLL_RDHUP = 0x2000
};
int omni_epoll_create(void);
int omni_epoll_add(int epoll, int fd, uint32_t events);
int omni_epoll_modify(int epoll, int fd, uint32_t events);
int omni_epoll_remove(int epoll, int fd);
/* timeout in milliseconds, -1 waits for ever; EINTR is reported as 0 ready descriptors. */
int omni_epoll_wait(int epoll, struct omni_epoll_ready *_Nonnull ready, int capacity, int timeout);

/* eventfd(2): non-blocking, close-on-exec. */
int omni_eventfd_create(void);
int omni_eventfd_signal(int fd);
void omni_eventfd_drain(int fd);

/* signalfd(2): blocks the signals in every thread started later, and in this one. Reads one signal number, 0 if none. */
int omni_signalfd_create(const int *_Nonnull signals, size_t count);
int omni_signalfd_read(int fd);

/* The event loop that runs on this thread, or null. */
void *_Nullable omni_loop_current(void);
void omni_loop_set_current(void *_Nullable loop);

/* Thread name as shown by ps -L and perf; cut to 15 bytes. */
void omni_thread_set_name(const char *_Nonnull name);

/* Nanoseconds of CLOCK_MONOTONIC and CLOCK_REALTIME. */
uint64_t omni_clock_monotonic(void);
uint64_t omni_clock_realtime(void);

/* prctl(PR_SET_DUMPABLE, 0), RLIMIT_CORE 0 and PR_SET_NO_NEW_PRIVS: no core dump holds a credential. */
void omni_process_harden(void);

/* Replaces the program by itself, with an environment variable set that the C library reads only when a program is loaded.
   Does nothing if the variable is set, or after it was done once. Returns unless it succeeds. */
void omni_restart_with(const char *_Nonnull name, const char *_Nonnull value,
                       char *_Nullable *_Nonnull arguments);

/* accept4(2): non-blocking, close-on-exec. */
int omni_accept(int fd, void *_Nonnull address, uint32_t *_Nonnull length);

/* A TCP socket that begins to connect to an address of 4 or 16 bytes: non-blocking, close-on-exec, without Nagle's delay,
   with keep-alive probes after a minute. *is_pending tells whether the connection is still to come. */
int omni_tcp_connect(const uint8_t *_Nonnull address, size_t count, uint16_t port, int *_Nonnull is_pending);

/* sendmsg(2) of two pieces, without SIGPIPE. */
ssize_t omni_send_two(int fd, const void *_Nullable first, size_t first_count, const void *_Nullable second,
                      size_t second_count);

/* The port a TCP socket is bound to; -1 for anything else. */
int omni_socket_local_port(int fd);

/* The socket's pending error (SO_ERROR), which is cleared; 0 for none. */
int omni_socket_error(int fd);

/* An unlinked file on the file system of directory (O_TMPFILE, else mkstemp + unlink). */
int omni_temporary_file(const char *_Nonnull directory);

/* A file that exists in memory only, close-on-exec; /proc/self/fd names it. */
int omni_memory_file(const char *_Nonnull name);

/* flock(2) exclusive, without waiting; -1 with EWOULDBLOCK when another process holds it. */
int omni_lock_exclusive(int fd);

/* User id of the peer of a UNIX socket (SO_PEERCRED), or -1. */
int64_t omni_peer_uid(int fd);
