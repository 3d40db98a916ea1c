// Load on NATS JetStream: publishers that wait for the stream's acknowledgements, and push consumers with AckAll.
//
// usage: nats_load PORT PUBLISHERS WINDOW CONSUMERS BYTES SECONDS
//
// Each publisher has a connection, and up to WINDOW messages that aren't acknowledged. A consumer acknowledges 64 at a
// time. Writes one line: acknowledged messages, seconds, p50 and p99 in microseconds from publish to acknowledgement,
// delivered messages, p50 and p99 from publish to delivery. The protocol is lines of text, so no library is needed.
#define _GNU_SOURCE  // memmem
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ACK_AT_ONCE = 64, BUCKETS = 1000000, BUFFER = 1 << 20, LINE = 1024, MOST_WINDOW = 65536, MOST_THREADS = 256 };

static int port, window, body_bytes;
static atomic_llong acknowledged, delivered, measured;
static atomic_bool measuring;
// Latencies in steps of 10 microseconds; what is slower is in the last.
static atomic_int buckets[BUCKETS], delivery_buckets[BUCKETS];

static void record(atomic_int *buckets, int64_t us) {
  int64_t step = us / 10;
  atomic_fetch_add_explicit(&buckets[step < 0 ? 0 : step < BUCKETS ? step : BUCKETS - 1], 1, memory_order_relaxed);
}

static void fail(const char *what) {
  fprintf(stderr, "nats_load: %s failed\n", what);
  exit(1);
}

static int64_t now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

typedef struct {
  int socket;
  char buffer[BUFFER];
  size_t start, end;
} Connection;

static void send_all(Connection *connection, const char *bytes, size_t count) {
  while (count) {
    ssize_t sent = send(connection->socket, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0) fail("send");
    bytes += sent;
    count -= (size_t)sent;
  }
}

static Connection *opened(void) {
  Connection *connection = calloc(1, sizeof *connection);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection->socket = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(connection->socket, (struct sockaddr *)&address, sizeof address)) fail("connect");
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  const char hello[] = "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n";
  send_all(connection, hello, sizeof hello - 1);
  return connection;
}

static void fill(Connection *connection) {
  if (connection->start) {
    memmove(connection->buffer, connection->buffer + connection->start, connection->end - connection->start);
    connection->end -= connection->start;
    connection->start = 0;
  }
  ssize_t count = recv(connection->socket, connection->buffer + connection->end, BUFFER - connection->end, 0);
  if (count <= 0) fail("receive");
  connection->end += (size_t)count;
}

// The next message: its subject and where it is answered to; its payload is at `*payload` until the next.
static void next(Connection *connection, char *subject, char *reply, char **payload) {
  for (;;) {
    char *begin = connection->buffer + connection->start, *line_end;
    while (!(line_end = memmem(begin, connection->end - connection->start, "\r\n", 2))) {
      fill(connection);
      begin = connection->buffer;
    }
    char line[LINE];
    size_t length = (size_t)(line_end - begin);
    if (length >= LINE) {
      if (strncmp(begin, "INFO", 4)) fail("a line");
      length = LINE - 1;
    }
    memcpy(line, begin, length);
    line[length] = 0;
    size_t head = (size_t)(line_end - begin) + 2;
    if (strncmp(line, "MSG ", 4)) {
      if (!strncmp(line, "PING", 4)) send_all(connection, "PONG\r\n", 6);
      if (!strncmp(line, "-ERR", 4) || !strncmp(line, "HMSG", 4)) fail(line);
      connection->start += head;
      continue;
    }
    char sid[32], third[LINE], fourth[32];
    int parts = sscanf(line, "MSG %255s %31s %255s %31s", subject, sid, third, fourth);
    if (parts < 3) fail("a message");
    size_t bytes = strtoul(parts == 4 ? fourth : third, NULL, 10);
    strcpy(reply, parts == 4 ? third : "");
    while (connection->end - connection->start < head + bytes + 2) fill(connection);
    *payload = connection->buffer + connection->start + head;
    connection->start += head + bytes + 2;
    return;
  }
}

static void ask(Connection *connection, const char *subject, const char *json) {
  char text[2 * LINE], got[256], reply[256], *payload;
  int count = snprintf(text, sizeof text, "PUB %s api.reply %zu\r\n%s\r\n", subject, strlen(json), json);
  send_all(connection, text, (size_t)count);
  next(connection, got, reply, &payload);
  if (memmem(payload, 400, "\"error\"", 7)) fail(subject);
}

static void declare(int consumers) {
  Connection *connection = opened();
  send_all(connection, "SUB api.reply 1\r\n", 17);
  ask(connection, "$JS.API.STREAM.CREATE.ORDERS",
      "{\"name\":\"ORDERS\",\"subjects\":[\"orders\"],\"storage\":\"file\",\"retention\":\"limits\",\"num_replicas\":1}");
  for (int consumer = 0; consumer < consumers; consumer++) {
    char subject[128], json[512];
    snprintf(subject, sizeof subject, "$JS.API.CONSUMER.DURABLE.CREATE.ORDERS.u%d", consumer);
    snprintf(json, sizeof json,
             "{\"stream_name\":\"ORDERS\",\"config\":{\"durable_name\":\"u%d\",\"deliver_subject\":\"deliver.u%d\","
             "\"ack_policy\":\"all\",\"max_ack_pending\":512,\"deliver_policy\":\"all\"}}",
             consumer, consumer);
    ask(connection, subject, json);
  }
  close(connection->socket);
}

static void *publish(void *number) {
  int publisher = (int)(intptr_t)number;
  Connection *connection = opened();
  char text[LINE], subject[256], reply[256], *payload;
  int count = snprintf(text, sizeof text, "SUB acks.%d.* 1\r\n", publisher);
  send_all(connection, text, (size_t)count);
  int64_t *begun = calloc(window, sizeof *begun);
  char *message = malloc(LINE + (size_t)body_bytes);
  int *idle = malloc(sizeof(int) * window);
  int idles = window;
  for (int slot = 0; slot < window; slot++) idle[slot] = slot;
  for (;;) {
    while (idles) {
      int slot = idle[--idles];
      int head = snprintf(message, LINE, "PUB orders acks.%d.%d %d\r\n", publisher, slot, body_bytes);
      memset(message + head, 'x', body_bytes);
      memcpy(message + head + body_bytes, "\r\n", 2);
      begun[slot] = now_us();
      memcpy(message + head, &begun[slot], sizeof(int64_t));
      send_all(connection, message, (size_t)(head + body_bytes + 2));
    }
    next(connection, subject, reply, &payload);
    if (strncmp(payload, "{\"stream\"", 9)) fail("a publish");
    int slot = atoi(strrchr(subject, '.') + 1);
    if (slot < 0 || slot >= window) fail("an acknowledgement");
    idle[idles++] = slot;
    if (!atomic_load_explicit(&measuring, memory_order_relaxed)) continue;
    record(buckets, now_us() - begun[slot]);
    atomic_fetch_add_explicit(&acknowledged, 1, memory_order_relaxed);
  }
  return NULL;
}

static void *consume(void *number) {
  Connection *connection = opened();
  char text[LINE], subject[256], reply[256], *payload;
  int count = snprintf(text, sizeof text, "SUB deliver.u%d 1\r\n", (int)(intptr_t)number);
  send_all(connection, text, (size_t)count);
  for (int waiting = 0;;) {
    next(connection, subject, reply, &payload);
    atomic_fetch_add_explicit(&delivered, 1, memory_order_relaxed);
    int64_t begun;
    memcpy(&begun, payload, sizeof begun);
    if (atomic_load_explicit(&measuring, memory_order_relaxed)) {
      record(delivery_buckets, now_us() - begun);
      atomic_fetch_add_explicit(&measured, 1, memory_order_relaxed);
    }
    // What is left below 64 at the end isn't acknowledged; more than that may be under way.
    if (++waiting < ACK_AT_ONCE) continue;
    count = snprintf(text, sizeof text, "PUB %s 4\r\n+ACK\r\n", reply);
    send_all(connection, text, (size_t)count);
    waiting = 0;
  }
  return NULL;
}

static long percentile(const atomic_int *buckets, double share, long long count) {
  long long left = (long long)(share * count);
  if (!count) return 0;
  for (int step = 0; step < BUCKETS; step++)
    if ((left -= buckets[step]) < 0) return step * 10L;
  return BUCKETS * 10L;
}

int main(int count, char **given) {
  if (count != 7) return 2;
  port = atoi(given[1]);
  int publishers = atoi(given[2]), consumers = atoi(given[4]);
  window = atoi(given[3]);
  body_bytes = atoi(given[5]);
  double seconds = atof(given[6]);
  if (window < 1 || window > MOST_WINDOW || publishers < 1 || publishers > MOST_THREADS || body_bytes < 8) return 2;
  declare(consumers);
  pthread_t thread;
  for (int consumer = 0; consumer < consumers; consumer++)
    pthread_create(&thread, NULL, consume, (void *)(intptr_t)consumer);
  for (int publisher = 0; publisher < publishers; publisher++)
    pthread_create(&thread, NULL, publish, (void *)(intptr_t)publisher);
  nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
  int64_t began = now_us();
  atomic_store(&measuring, true);
  nanosleep(&(struct timespec){(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)}, NULL);
  atomic_store(&measuring, false);
  double taken = (now_us() - began) / 1e6;
  long long messages = acknowledged;
  printf("%lld %.3f %ld %ld %lld %ld %ld\n", messages, taken,
         percentile(buckets, 0.5, messages), percentile(buckets, 0.99, messages), (long long)delivered,
         percentile(delivery_buckets, 0.5, measured), percentile(delivery_buckets, 0.99, measured));
  fflush(stdout);
  _exit(0);
}
