// The measuring instrument of script/bench for what wrk cannot do. One thread, one epoll, no allocation while measuring.
//
//   loadtool upstream PORT                              a provider that streams slowly (see serve())
//   loadtool paced PORT REQUEST STREAMS SPREAD_MS       delay of each chunk of many paced streams
//   loadtool hold PORT REQUEST STREAMS                  opens streams, says "ready", holds them until stdin ends
//   loadtool rate PORT REQUEST CONNECTIONS RATE SECONDS latency of an open-loop load of RATE requests per second
//
// REQUEST is a file with one whole HTTP request, byte for byte. Results are printed as JSON.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 512, READ_SIZE = 1 << 16, MAXIMUM_FD = 1 << 16 };

static char scratch[READ_SIZE + 1];

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void watch(int epoll, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

static int connect_to(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) die("socket");
    if (fd >= MAXIMUM_FD) die("too many descriptors");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) die("connect");
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) die(path);
    char *content = malloc(1 << 24);
    *size = fread(content, 1, 1 << 24, file);
    fclose(file);
    return content;
}

// A request of at most a few hundred bytes fits any socket buffer, so a short write is an error of the set-up.
static void send_whole(int fd, const char *data, size_t size) {
    if (write(fd, data, size) != (ssize_t)size) die("write");
}

// Figures

static uint32_t *samples;
static size_t sample_count, sample_capacity;

static void take_sample(uint64_t nanoseconds) {
    if (sample_count == sample_capacity) {
        sample_capacity = sample_capacity ? sample_capacity * 2 : 1 << 16;
        samples = realloc(samples, sample_capacity * sizeof *samples);
    }
    uint64_t microseconds = nanoseconds / 1000;
    samples[sample_count++] = microseconds > UINT32_MAX ? UINT32_MAX : (uint32_t)microseconds;
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double percentile(double share) {
    if (sample_count == 0) return -1;
    size_t index = (size_t)(share * (double)(sample_count - 1));
    return samples[index] / 1000.0;
}

static void print_figures(double seconds, size_t failures) {
    qsort(samples, sample_count, sizeof *samples, ascending);
    printf("{\"samples\":%zu,\"failures\":%zu,\"seconds\":%.3f,\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,"
           "\"p999_ms\":%.3f,\"max_ms\":%.3f}\n",
           sample_count, failures, seconds, percentile(.5), percentile(.9), percentile(.99), percentile(.999),
           percentile(1));
}

// upstream: a provider that streams slowly

// How a dialect streams: what comes before the deltas, what is around the text of each, and what comes behind them.
typedef struct {
    const char *path, *type, *start, *before, *after, *end;
} Form;

#define CHUNK \
    "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1755000000,\"model\":\"bench\","
#define RESPONSE "\"response\":{\"id\":\"resp_bench\",\"object\":\"response\",\"created_at\":1755000000,\"model\":\"bench\","
#define PLACE "\"item_id\":\"msg_bench\",\"output_index\":0,\"content_index\":0,"
#define LINE "{\"model\":\"bench\",\"created_at\":\"2025-08-12T12:00:00.123456789Z\","

static const Form forms[] = {
    {"/messages", "text/event-stream",
     "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_bench\",\"type\":\"message\","
     "\"role\":\"assistant\",\"model\":\"bench\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
     "\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: "
     "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
     "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
     "{\"type\":\"text_delta\",\"text\":\"",
     "\"}}\n\n",
     "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: "
     "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
     "\"usage\":{\"output_tokens\":50}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"},
    {"/responses", "text/event-stream",
     "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0," RESPONSE
     "\"status\":\"in_progress\",\"output\":[]}}\n\nevent: response.output_item.added\ndata: "
     "{\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,\"item\":{\"id\":\"msg_bench\","
     "\"type\":\"message\",\"status\":\"in_progress\",\"content\":[],\"role\":\"assistant\"}}\n\n"
     "event: response.content_part.added\ndata: {\"type\":\"response.content_part.added\",\"sequence_number\":2," PLACE
     "\"part\":{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"\"}}\n\n",
     "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":3," PLACE
     "\"delta\":\"",
     "\",\"logprobs\":[],\"obfuscation\":\"hR3xQ9\"}\n\n",
     "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":54," RESPONSE
     "\"status\":\"completed\",\"output\":[],\"usage\":{\"input_tokens\":10,\"output_tokens\":50,"
     "\"total_tokens\":60}}}\n\n"},
    {"GenerateContent", "text/event-stream", "",
     "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"",
     "\"}],\"role\":\"model\"},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":10,\"totalTokenCount\":10},"
     "\"modelVersion\":\"bench\"}\n\n",
     "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},\"finishReason\":\"STOP\","
     "\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":10,\"candidatesTokenCount\":50,\"totalTokenCount\":60},"
     "\"modelVersion\":\"bench\"}\n\n"},
    {"/api/chat", "application/x-ndjson", "", LINE "\"message\":{\"role\":\"assistant\",\"content\":\"",
     "\"},\"done\":false}\n",
     LINE "\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\","
     "\"prompt_eval_count\":10,\"eval_count\":50}\n"},
    {"", "text/event-stream", "", CHUNK "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
     "\"},\"finish_reason\":null}]}\n\n",
     CHUNK "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":10,"
     "\"completion_tokens\":50,\"total_tokens\":60}}\n\ndata: [DONE]\n\n"},
};

// The form that the request line asks for; OpenAI's if it names no other.
static const Form *form_of(const char *head) {
    const char *line_end = strchr(head, '\r');
    const Form *form = forms;
    while (*form->path) {
        const char *found = strstr(head, form->path);
        if (found && found < line_end) break;
        form++;
    }
    return form;
}

typedef struct {
    char head[2048];          // the beginning of the request; the bench's small requests fit whole
    size_t kept, have, total; // bytes in `head`; bytes of the request so far; its size once that is known
    int left, interval_ms; // deltas still to be sent; -1: hold the stream open
    uint64_t due;
    bool streaming, closes;
    const Form *form; // what the stream looks like
} Stream;

static Stream *streams[MAXIMUM_FD];

static int put_chunk(char *out, const char *data, size_t size) {
    int n = sprintf(out, "%zx\r\n", size);
    memcpy(out + n, data, size);
    memcpy(out + n + size, "\r\n", 2);
    return n + (int)size + 2;
}

static int put_delta(char *out, const Form *form) {
    char event[1024];
    int n = sprintf(event, "%st=%llu; %s", form->before, (unsigned long long)now_ns(), form->after);
    return put_chunk(out, event, (size_t)n);
}

static void start_stream(int fd, Stream *s) {
    int deltas = 1, interval = 5;
    const char *model = strstr(s->head, "paced-");
    if (model) sscanf(model, "paced-%d-%d", &deltas, &interval);
    s->left = strstr(s->head, "\"hold\"") ? -1 : deltas;
    s->interval_ms = interval;
    s->streaming = true;
    s->closes = strcasestr(s->head, "connection: close") != NULL;
    s->due = now_ns() + (uint64_t)interval * 1000000u;
    s->form = form_of(s->head);
    char out[4096];
    int n = sprintf(out, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n", s->form->type);
    if (*s->form->start) n += put_chunk(out + n, s->form->start, strlen(s->form->start));
    if (s->left < 0) n += put_delta(out + n, s->form);
    if (write(fd, out, (size_t)n) < 0) s->streaming = false;
}

static void drop(int fd) {
    close(fd);
    free(streams[fd]);
    streams[fd] = NULL;
}

static void receive(int fd) {
    Stream *s = streams[fd];
    ssize_t got = read(fd, scratch, READ_SIZE);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) drop(fd);
        return;
    }
    size_t room = sizeof s->head - 1 - s->kept, take = (size_t)got < room ? (size_t)got : room;
    memcpy(s->head + s->kept, scratch, take);
    s->kept += take;
    s->head[s->kept] = 0;
    s->have += (size_t)got;
    if (s->total == 0) {
        const char *end = strstr(s->head, "\r\n\r\n"), *length = strcasestr(s->head, "content-length:");
        if (!end) return;
        s->total = (size_t)(end + 4 - s->head) + (length ? strtoul(length + 15, NULL, 10) : 0);
    }
    if (s->have < s->total) return;
    start_stream(fd, s);
    s->kept = s->have = s->total = 0;
}

static void send_due(int fd, uint64_t now) {
    Stream *s = streams[fd];
    if (!s || !s->streaming || s->left < 0 || s->due > now) return;
    char out[2048];
    int n = 0;
    if (s->left-- > 0) {
        n = put_delta(out, s->form);
        s->due += (uint64_t)s->interval_ms * 1000000u;
    } else {
        n = put_chunk(out, s->form->end, strlen(s->form->end));
        n += sprintf(out + n, "0\r\n\r\n");
        s->streaming = false;
    }
    bool failed = write(fd, out, (size_t)n) < 0 && errno != EAGAIN;
    if (failed || (!s->streaming && s->closes)) drop(fd);
}

static void serve(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
    if (listen(listener, 8192) != 0) die("listen");
    int epoll = epoll_create1(0), highest = 0;
    watch(epoll, listener, EPOLLIN);
    struct epoll_event events[BATCH];
    for (;;) {
        int count = epoll_wait(epoll, events, BATCH, 1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) {
                receive(fd);
                continue;
            }
            int made;
            while ((made = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                if (made >= MAXIMUM_FD) die("too many descriptors");
                setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                streams[made] = calloc(1, sizeof(Stream));
                if (made > highest) highest = made;
                watch(epoll, made, EPOLLIN);
            }
        }
        uint64_t now = now_ns();
        for (int fd = 0; fd <= highest; fd++) send_due(fd, now);
    }
}

// paced and hold: many streams at once

typedef struct {
    uint64_t partial; // digits of a time stamp that was cut by the end of a read
    int state;        // 0: nothing, 1: after 't', 2: in the digits after "t="
    bool answered;
} Reader;

static Reader readers[MAXIMUM_FD];

static void scan(Reader *r, const char *data, size_t size, uint64_t now) {
    for (size_t i = 0; i < size; i++) {
        char c = data[i];
        if (r->state == 2) {
            if (c >= '0' && c <= '9') {
                r->partial = r->partial * 10 + (uint64_t)(c - '0');
                continue;
            }
            if (c == ';' && r->partial > 1000000000u) take_sample(now - r->partial);
            r->state = 0;
        } else if (r->state == 1 && c == '=') {
            r->state = 2;
            r->partial = 0;
            continue;
        }
        r->state = c == 't';
    }
}

static void run_streams(int port, const char *path, int wanted, int spread_ms, bool hold) {
    size_t size;
    char *request = read_file(path, &size);
    int epoll = epoll_create1(0), opened = 0, open_now = 0, answered = 0;
    size_t failures = 0;
    uint64_t start = now_ns();
    struct epoll_event events[BATCH];
    if (hold) watch(epoll, 0, EPOLLIN);
    while (opened < wanted || open_now > 0) {
        uint64_t now = now_ns();
        int allowed = spread_ms == 0 ? wanted : (int)((now - start) / 1000 * (uint64_t)wanted / ((uint64_t)spread_ms * 1000));
        for (int burst = 0; opened < wanted && opened < allowed && burst < 64; burst++, opened++, open_now++) {
            int fd = connect_to(port);
            memset(&readers[fd], 0, sizeof readers[fd]);
            watch(epoll, fd, EPOLLOUT);
        }
        int count = epoll_wait(epoll, events, BATCH, 1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == 0) return;
            if (events[i].events & EPOLLOUT) {
                send_whole(fd, request, size);
                struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
                epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
                continue;
            }
            ssize_t got = read(fd, scratch, READ_SIZE);
            if (got > 0) {
                if (!readers[fd].answered) {
                    readers[fd].answered = true;
                    answered++;
                    if (got < 12 || memcmp(scratch + 9, "200", 3) != 0) failures++;
                    if (hold && answered == wanted) {
                        printf("ready %zu failures\n", failures);
                        fflush(stdout);
                    }
                }
                scan(&readers[fd], scratch, (size_t)got, now_ns());
            } else if (got == 0 || errno != EAGAIN) {
                if (!readers[fd].answered || hold) failures++;
                close(fd);
                open_now--;
            }
        }
    }
    print_figures((double)(now_ns() - start) / 1e9, failures);
}

// rate: an open-loop load; the latency counts from the moment at which the request was due

typedef struct {
    uint64_t due;
    size_t have, total; // bytes of the answer so far; its size once the head is known
    char head[4096];
    bool busy;
} Call;

static Call *calls[MAXIMUM_FD];

static bool answer_complete(Call *call, const char *data, size_t size) {
    if (call->total == 0) {
        size_t room = sizeof call->head - 1 - call->have, take = size < room ? size : room;
        memcpy(call->head + call->have, data, take);
        call->head[call->have + take] = 0;
        char *end = strstr(call->head, "\r\n\r\n"), *length = strcasestr(call->head, "content-length:");
        if (end && length) call->total = (size_t)(end + 4 - call->head) + strtoul(length + 15, NULL, 10);
    }
    call->have += size;
    return call->total != 0 && call->have >= call->total;
}

static void run_rate(int port, const char *path, int connections, double rate, double seconds) {
    size_t size;
    char *request = read_file(path, &size);
    int epoll = epoll_create1(0), idle[MAXIMUM_FD / 16], idle_count = 0;
    for (int i = 0; i < connections; i++) {
        int fd = connect_to(port);
        calls[fd] = calloc(1, sizeof(Call));
        watch(epoll, fd, EPOLLIN);
        idle[idle_count++] = fd;
    }
    usleep(100000);
    uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), warm = start + (end - start) / 10;
    uint64_t step = (uint64_t)(1e9 / rate), due = start;
    size_t failures = 0;
    struct epoll_event events[BATCH];
    for (;;) {
        uint64_t now = now_ns();
        while (due <= now && due < end && idle_count > 0) {
            int fd = idle[--idle_count];
            Call *call = calls[fd];
            *call = (Call){.due = due, .busy = true};
            send_whole(fd, request, size);
            due += step;
        }
        if (due >= end && idle_count == connections) break;
        if (now > end + 5000000000u) {
            failures += (size_t)(connections - idle_count);
            break;
        }
        // Sleeping between requests, not spinning: the upstream lives on the same core.
        uint64_t pause = due < end && idle_count > 0 && due > now ? due - now : 1000000;
        struct timespec timeout = {.tv_nsec = (long)(pause < 1000000 ? pause : 1000000)};
        int count = epoll_pwait2(epoll, events, BATCH, &timeout, NULL);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            ssize_t got = read(fd, scratch, READ_SIZE);
            if (got <= 0) {
                if (got < 0 && errno == EAGAIN) continue;
                die("the server closed a connection");
            }
            Call *call = calls[fd];
            if (!call->busy || !answer_complete(call, scratch, (size_t)got)) continue;
            if (memcmp(call->head + 9, "200", 3) != 0) failures++;
            if (call->due >= warm) take_sample(now_ns() - call->due);
            call->busy = false;
            idle[idle_count++] = fd;
        }
    }
    print_figures(seconds, failures);
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (!strcmp(mode, "upstream") && argc == 3) {
        serve(atoi(argv[2]));
    } else if (!strcmp(mode, "paced") && argc == 6) {
        run_streams(atoi(argv[2]), argv[3], atoi(argv[4]), atoi(argv[5]), false);
    } else if (!strcmp(mode, "hold") && argc == 5) {
        run_streams(atoi(argv[2]), argv[3], atoi(argv[4]), 0, true);
    } else if (!strcmp(mode, "rate") && argc == 7) {
        run_rate(atoi(argv[2]), argv[3], atoi(argv[4]), atof(argv[5]), atof(argv[6]));
    } else {
        fprintf(stderr, "usage: see the head of loadtool.c\n");
        return 64;
    }
    return 0;
}
