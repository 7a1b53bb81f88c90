/* Java's own client, told by lines what to write, and telling in lines what it reads. Bytes are hexadecimal after a dot, null is "-". */
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.*;

public class KafkaPeer {
  static final HexFormat HEX = HexFormat.of();

  static byte[] bytes(String word) {
    return word.equals("-") ? null : HEX.parseHex(word.substring(1));
  }

  static String word(byte[] bytes) {
    return bytes == null ? "-" : "." + HEX.formatHex(bytes);
  }

  public static void main(String[] args) throws Exception {
    if (args[0].equals("write")) write(args[1], args[2]);
    else read(args[1], args[2], args[3]);
    System.out.flush();
    System.exit(0);
  }

  static void write(String address, String topic) throws Exception {
    Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split("\t", -1);
      KafkaProducer<byte[], byte[]> producer = producers.get(words[1]);
      switch (words[0]) {
        case "P" -> {
          Map<String, Object> settings = new HashMap<>();
          settings.put("bootstrap.servers", address);
          settings.put("compression.type", words[2]);
          settings.put("batch.size", 2_000);
          settings.put("linger.ms", 20);
          settings.put("max.request.size", 4_000_000);
          if (!words[3].equals("-")) settings.put("transactional.id", words[3]);
          producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
          if (!words[3].equals("-")) producer.initTransactions();
          producers.put(words[1], producer);
        }
        case "B" -> producer.beginTransaction();
        case "C" -> producer.commitTransaction();
        case "A" -> { producer.flush(); producer.abortTransaction(); }
        case "F" -> producer.flush();
        default -> {
          ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
            topic, Integer.parseInt(words[2]), Long.parseLong(words[3]), bytes(words[4]), bytes(words[5]));
          for (String header : words[6].split(",")) {
            if (header.isEmpty()) continue;
            String[] pair = header.split(":", -1);
            record.headers().add(new String(bytes(pair[0]), StandardCharsets.UTF_8), bytes(pair[1]));
          }
          producer.send(record, (where, error) -> {
            if (error != null) { error.printStackTrace(); System.exit(1); }
          });
        }
      }
    }
    for (KafkaProducer<byte[], byte[]> producer : producers.values()) producer.close();
  }

  static void read(String address, String topic, String isolation) {
    Map<String, Object> settings = Map.of("bootstrap.servers", address, "isolation.level", isolation);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
        .map(each -> new TopicPartition(topic, each.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      StringBuilder out = new StringBuilder();
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          StringJoiner headers = new StringJoiner(",");
          for (Header header : record.headers())
            headers.add(word(header.key().getBytes(StandardCharsets.UTF_8)) + ":" + word(header.value()));
          out.append(record.partition()).append('\t').append(record.offset()).append('\t').append(record.timestamp())
            .append('\t').append(word(record.key())).append('\t').append(word(record.value())).append('\t')
            .append(headers).append('\n');
        }
      }
      System.out.print(out);
    }
  }
}
