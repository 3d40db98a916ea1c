// Load on RabbitMQ: publishers with confirms to a fanout exchange with quorum queues, and a consumer for each queue.
//
// usage: rabbitmq_load PORT PUBLISHERS WINDOW QUEUES CONSUMERS BYTES SECONDS
//
// Each publisher has a connection, and up to WINDOW messages that aren't confirmed. A consumer acknowledges 64 at a time.
// Writes one line: confirmed messages, seconds, p50 and p99 in microseconds from publish to confirm, delivered messages,
// p50 and p99 from publish to delivery.
//
// It is a thread a connection and does nothing but that: what it takes of the processors is told by who starts it.
#include <pthread.h>
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ACK_AT_ONCE = 64, PREFETCH = 512, BUCKETS = 1000000, MOST_WINDOW = 65536, MOST_THREADS = 256 };

static int port, window, body_bytes;
static double seconds;
static atomic_llong confirmed, delivered, measured;
static atomic_bool measuring, ended;
// Latencies in steps of 10 microseconds; what is slower is in the last.
static atomic_int buckets[BUCKETS], delivery_buckets[BUCKETS];

static void record(atomic_int *buckets, int64_t us) {
  int64_t step = us / 10;
  atomic_fetch_add_explicit(&buckets[step < 0 ? 0 : step < BUCKETS ? step : BUCKETS - 1], 1, memory_order_relaxed);
}

static void fail(const char *what) {
  fprintf(stderr, "rabbitmq_load: %s failed\n", what);
  exit(1);
}

static int64_t now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static amqp_connection_state_t opened(void) {
  amqp_connection_state_t connection = amqp_new_connection();
  amqp_socket_t *socket = amqp_tcp_socket_new(connection);
  if (!socket || amqp_socket_open(socket, "127.0.0.1", port)) fail("connect");
  amqp_rpc_reply_t reply =
      amqp_login(connection, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("login");
  amqp_channel_open(connection, 1);
  if (amqp_get_rpc_reply(connection).reply_type != AMQP_RESPONSE_NORMAL) fail("channel");
  return connection;
}

static void declare(int queues) {
  amqp_connection_state_t connection = opened();
  amqp_exchange_declare(connection, 1, amqp_cstring_bytes("orders"), amqp_cstring_bytes("fanout"), 0, 1, 0, 0,
                        amqp_empty_table);
  for (int queue = 0; queue < queues; queue++) {
    char name[16];
    snprintf(name, sizeof name, "u%d", queue);
    amqp_table_entry_t entry = {.key = amqp_cstring_bytes("x-queue-type"),
                                .value = {.kind = AMQP_FIELD_KIND_UTF8}};
    entry.value.value.bytes = amqp_cstring_bytes("quorum");
    amqp_table_t arguments = {1, &entry};
    amqp_queue_declare(connection, 1, amqp_cstring_bytes(name), 0, 1, 0, 0, arguments);
    if (amqp_get_rpc_reply(connection).reply_type != AMQP_RESPONSE_NORMAL) fail("declare");
    amqp_queue_bind(connection, 1, amqp_cstring_bytes(name), amqp_cstring_bytes("orders"), amqp_empty_bytes,
                    amqp_empty_table);
    if (amqp_get_rpc_reply(connection).reply_type != AMQP_RESPONSE_NORMAL) fail("bind");
  }
  amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(connection);
}

static void *publish(void *unused) {
  (void)unused;
  amqp_connection_state_t connection = opened();
  amqp_confirm_select(connection, 1);
  if (amqp_get_rpc_reply(connection).reply_type != AMQP_RESPONSE_NORMAL) fail("confirm.select");
  char *body = malloc(body_bytes);
  memset(body, 'x', body_bytes);
  amqp_bytes_t bytes = {.len = body_bytes, .bytes = body};
  amqp_basic_properties_t properties = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = 2};
  int64_t *begun = calloc(window, sizeof *begun);
  // Confirms may come in any order: one by one, or all up to a tag.
  char *is_confirmed = calloc(window, 1);
  uint64_t sent = 0, low = 0;
  while (!atomic_load(&ended)) {
    while (sent - low < (uint64_t)window) {
      begun[sent % window] = now_us();
      memcpy(body, &begun[sent % window], sizeof(int64_t));
      is_confirmed[sent % window] = 0;
      sent++;
      if (amqp_basic_publish(connection, 1, amqp_cstring_bytes("orders"), amqp_empty_bytes, 0, 0, &properties, bytes))
        fail("publish");
    }
    amqp_frame_t frame;
    if (amqp_simple_wait_frame(connection, &frame) != AMQP_STATUS_OK) fail("wait for confirms");
    if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) fail("confirm");
    amqp_basic_ack_t *ack = frame.payload.method.decoded;
    int64_t now = now_us();
    for (uint64_t tag = ack->multiple ? low + 1 : ack->delivery_tag; tag <= ack->delivery_tag; tag++) {
      uint64_t slot = (tag - 1) % window;
      if (is_confirmed[slot]) continue;
      is_confirmed[slot] = 1;
      if (!atomic_load_explicit(&measuring, memory_order_relaxed)) continue;
      record(buckets, now - begun[slot]);
      atomic_fetch_add_explicit(&confirmed, 1, memory_order_relaxed);
    }
    while (low < sent && is_confirmed[low % window]) low++;
    amqp_maybe_release_buffers(connection);
  }
  return NULL;
}

static void *consume(void *queue) {
  amqp_connection_state_t connection = opened();
  char name[16];
  snprintf(name, sizeof name, "u%d", (int)(intptr_t)queue);
  amqp_basic_qos(connection, 1, 0, PREFETCH, 0);
  amqp_basic_consume(connection, 1, amqp_cstring_bytes(name), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
  if (amqp_get_rpc_reply(connection).reply_type != AMQP_RESPONSE_NORMAL) fail("consume");
  int waiting = 0;
  for (;;) {
    amqp_maybe_release_buffers(connection);
    amqp_envelope_t envelope;
    // What came is acknowledged when there are enough of it, or nothing more comes for a moment.
    struct timeval moment = {0, 5000};
    amqp_rpc_reply_t reply = amqp_consume_message(connection, &envelope, &moment, 0);
    static _Thread_local uint64_t last;
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
      last = envelope.delivery_tag;
      waiting++;
      atomic_fetch_add_explicit(&delivered, 1, memory_order_relaxed);
      int64_t begun;
      if (envelope.message.body.len < sizeof begun) fail("a message");
      memcpy(&begun, envelope.message.body.bytes, sizeof begun);
      if (atomic_load_explicit(&measuring, memory_order_relaxed)) {
        record(delivery_buckets, now_us() - begun);
        atomic_fetch_add_explicit(&measured, 1, memory_order_relaxed);
      }
      amqp_destroy_envelope(&envelope);
    } else if (reply.library_error != AMQP_STATUS_TIMEOUT) {
      fail("consume");
    }
    if (waiting >= ACK_AT_ONCE || (waiting && reply.reply_type != AMQP_RESPONSE_NORMAL)) {
      if (amqp_basic_ack(connection, 1, last, 1)) fail("ack");
      waiting = 0;
    }
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
  if (count != 8) return 2;
  port = atoi(given[1]);
  int publishers = atoi(given[2]), queues = atoi(given[4]), consumers = atoi(given[5]);
  window = atoi(given[3]);
  body_bytes = atoi(given[6]);
  seconds = atof(given[7]);
  if (window < 1 || window > MOST_WINDOW || publishers < 1 || publishers > MOST_THREADS || body_bytes < 8) return 2;
  declare(queues);
  pthread_t thread;
  for (int queue = 0; queue < consumers; queue++) pthread_create(&thread, NULL, consume, (void *)(intptr_t)queue);
  for (int publisher = 0; publisher < publishers; publisher++) pthread_create(&thread, NULL, publish, NULL);
  nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
  int64_t began = now_us();
  atomic_store(&measuring, true);
  nanosleep(&(struct timespec){(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)}, NULL);
  atomic_store(&measuring, false);
  double taken = (now_us() - began) / 1e6;
  long long messages = confirmed;
  printf("%lld %.3f %ld %ld %lld %ld %ld\n", messages, taken,
         percentile(buckets, 0.5, messages), percentile(buckets, 0.99, messages), (long long)delivered,
         percentile(delivery_buckets, 0.5, measured), percentile(delivery_buckets, 0.99, measured));
  fflush(stdout);
  _exit(0);
}
