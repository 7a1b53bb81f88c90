/* librdkafka, told by lines what to write. Bytes are hexadecimal after a dot, null is "-". */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRODUCERS_MAX 16
#define WORDS_MAX 7
#define TIMEOUT_MS 60000

static struct { char name[64]; rd_kafka_t *client; } producers[PRODUCERS_MAX];
static int producer_count = 0;

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static void check(const char *what, rd_kafka_error_t *error) {
  if (error != NULL) fail(what, rd_kafka_error_string(error));
}

static rd_kafka_t *producer_of(const char *name) {
  for (int i = 0; i < producer_count; i++)
    if (strcmp(producers[i].name, name) == 0) return producers[i].client;
  return NULL;
}

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
  (void)client;
  (void)opaque;
  /* What is aborted before it was sent is no failure. */
  if (message->err != 0 && message->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE) fail("send", rd_kafka_err2str(message->err));
}

/* Reads a word of bytes; NULL for null. What it gives has a byte more than it needs, so it is never NULL otherwise. */
static char *bytes(const char *word, size_t *size) {
  *size = 0;
  if (word[0] == '-') return NULL;
  size_t count = strlen(word + 1) / 2;
  char *found = malloc(count + 1);
  for (size_t i = 0; i < count; i++) {
    unsigned int byte;
    sscanf(word + 1 + i * 2, "%2x", &byte);
    found[i] = (char)byte;
  }
  found[count] = 0;
  *size = count;
  return found;
}

static rd_kafka_t *open_producer(const char *address, const char *codec, const char *transactional_id) {
  char problem[512];
  rd_kafka_conf_t *settings = rd_kafka_conf_new();
  const char *pairs[][2] = {{"bootstrap.servers", address}, {"compression.codec", codec}, {"linger.ms", "20"},
                            {"batch.num.messages", "20"},   {"message.max.bytes", "4000000"},
                            {"transactional.id", transactional_id[0] == '-' ? "" : transactional_id}};
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    if (pairs[i][1][0] == 0) continue;
    if (rd_kafka_conf_set(settings, pairs[i][0], pairs[i][1], problem, sizeof problem) != RD_KAFKA_CONF_OK)
      fail(pairs[i][0], problem);
  }
  rd_kafka_conf_set_dr_msg_cb(settings, delivered);
  rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, settings, problem, sizeof problem);
  if (client == NULL) fail("producer", problem);
  if (transactional_id[0] != '-') check("init", rd_kafka_init_transactions(client, TIMEOUT_MS));
  return client;
}

static rd_kafka_headers_t *headers_of(char *text) {
  rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
  char *rest = NULL;
  for (char *each = strtok_r(text, ",", &rest); each != NULL; each = strtok_r(NULL, ",", &rest)) {
    char *colon = strchr(each, ':');
    *colon = 0;
    size_t name_size, value_size;
    char *name = bytes(each, &name_size), *value = bytes(colon + 1, &value_size);
    rd_kafka_header_add(headers, name, (ssize_t)name_size, value, (ssize_t)value_size);
    free(name);
    free(value);
  }
  return headers;
}

static void send_record(rd_kafka_t *client, const char *topic, char **words) {
  size_t key_size, value_size;
  char *key = bytes(words[4], &key_size), *value = bytes(words[5], &value_size);
  rd_kafka_headers_t *headers = headers_of(words[6]);
  rd_kafka_resp_err_t error = rd_kafka_producev(
      client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(atoi(words[2])), RD_KAFKA_V_TIMESTAMP(atoll(words[3])),
      RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE(value, value_size), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  if (error != 0) fail("send", rd_kafka_err2str(error));
  free(key);
  free(value);
  rd_kafka_poll(client, 0);
}

int main(int count, char **args) {
  if (count != 3) fail("usage", "librdkafka_peer ADDRESS TOPIC");
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  while ((length = getline(&line, &room, stdin)) > 0) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    char *words[WORDS_MAX] = {0}, *rest = line;
    for (int i = 0; i < WORDS_MAX && rest != NULL; i++) words[i] = strsep(&rest, "\t");
    rd_kafka_t *client = producer_of(words[1]);
    switch (words[0][0]) {
      case 'P':
        if (producer_count == PRODUCERS_MAX) fail("producer", "too many");
        snprintf(producers[producer_count].name, sizeof producers[0].name, "%s", words[1]);
        producers[producer_count++].client = open_producer(args[1], words[2], words[3]);
        break;
      case 'B': check("begin", rd_kafka_begin_transaction(client)); break;
      case 'C': check("commit", rd_kafka_commit_transaction(client, TIMEOUT_MS)); break;
      case 'A':
        rd_kafka_flush(client, TIMEOUT_MS);
        check("abort", rd_kafka_abort_transaction(client, TIMEOUT_MS));
        break;
      case 'F': rd_kafka_flush(client, TIMEOUT_MS); break;
      default: send_record(client, args[2], words);
    }
  }
  for (int i = 0; i < producer_count; i++) {
    rd_kafka_flush(producers[i].client, TIMEOUT_MS);
    rd_kafka_destroy(producers[i].client);
  }
  return 0;
}
