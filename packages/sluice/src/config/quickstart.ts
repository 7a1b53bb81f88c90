/**
 * The built-in configuration: what `sluice up` runs where there is no file. `examples/sensors/sluice.yaml` is the same text.
 *
 * Generated readings and the metrics of this machine go through Kafka into PostgreSQL; with `SENSORS_DIR` set, so do
 * the readings of real sensors from the files in that folder.
 */
export const quickstart = `# Sensor readings and the metrics of this machine: source -> Kafka -> PostgreSQL -> /data/latest
#
#   sluice up                                   runs it as it is
#   SENSORS_DIR=path/to/files sluice up         adds the readings of real sensors, moved so that they end now

topics:
  sensor-readings: { partitions: 3, type: sensor, description: Readings of rooms and stations }
  host-metrics: { partitions: 1, description: What the machines are doing }

pipelines:
  generated-sensors:
    description: Made-up readings of ten rooms
    source: { generator: { type: sensor_readings, rate: 10, sensors: 10 } }
    sink: { kafka: { topic: sensor-readings, key: event.sensor_id } }

  beijing-air:
    description: Hourly readings of four stations in Beijing
    enabled: \${SENSORS_DIR:-}
    source:
      file:
        path: \${SENSORS_DIR}/beijing_air_*.csv.gz
        nulls: ["", NA]
        timestamp:
          fields: { year: year, month: month, day: day, hour: hour }
          zone: "+08:00"
          as: timestamp
        shift_to: now
    transforms:
      - map:
          fields:
            sensor_id: '"beijing-" + event.station'
            temperature: event.TEMP
            humidity: null # was not measured
            pressure: event.PRES
            location: '"Beijing, " + event.station'
            timestamp: event.timestamp
    sink: { kafka: { topic: sensor-readings, key: event.sensor_id } }

  office-room:
    description: Readings of one office, minute by minute
    enabled: \${SENSORS_DIR:-}
    source:
      file:
        path: \${SENSORS_DIR}/occupancy_*.csv.gz
        first_column: row
        timestamp: { field: date, zone: Europe/Brussels, as: timestamp }
        shift_to: now
    transforms:
      - map:
          fields:
            sensor_id: '"office-1"'
            temperature: event.Temperature
            humidity: event.Humidity
            pressure: null # was not measured
            location: '"Office, Mons"'
            timestamp: event.timestamp
    sink: { kafka: { topic: sensor-readings, key: event.sensor_id } }

  sensor-data:
    description: Every reading as a row, once; what is no reading becomes a dead letter
    source: { kafka: { topic: sensor-readings } }
    transforms:
      - validate:
          schema:
            type: object
            required: [sensor_id, timestamp]
            properties:
              sensor_id: { type: string, minLength: 1 }
              timestamp: { type: string, format: date-time }
              temperature: { type: [number, "null"] }
              humidity: { type: [number, "null"] }
              pressure: { type: [number, "null"] }
              location: { type: [string, "null"] }
    sink:
      postgres:
        table: sensor_data
        identity: id
        columns:
          sensor_id: text
          temperature: double precision
          humidity: double precision
          pressure: double precision
          location: text
          timestamp: timestamptz
          record_id: { type: text, from: meta.id }
        inserted_at: created_at
        key: record_id
        on_conflict: ignore
        indexes: [[timestamp desc], [sensor_id, timestamp desc]]

  machine:
    description: What this machine is doing, every second
    source: host
    sink: { kafka: { topic: host-metrics } }

  host-metrics:
    description: The metrics of the machines as rows
    source: { kafka: { topic: host-metrics } }
    sink:
      postgres:
        table: host_metrics
        identity: id
        columns:
          host: text
          timestamp: timestamptz
          interval_ms: integer
          cpu_count: integer
          cpu_percent: double precision
          load_1m: double precision
          load_5m: double precision
          load_15m: double precision
          memory_used_bytes: bigint
          memory_total_bytes: bigint
          swap_used_bytes: bigint
          swap_total_bytes: bigint
          disk_used_bytes: bigint
          disk_total_bytes: bigint
          disk_read_bytes_per_s: double precision
          disk_write_bytes_per_s: double precision
          network_received_bytes_per_s: double precision
          network_sent_bytes_per_s: double precision
          uptime_s: bigint
        key: [host, timestamp]
        on_conflict: ignore
        indexes: [[timestamp desc]]
`
