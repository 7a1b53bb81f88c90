/**
 * DescribeLogDirs (key 35, v1-v5): sizes of partitions on disk (KIP-113).
 *
 * - v2 is the first flexible version; v3 has an error of its own; v4 tells the size of the volume (KIP-827);
 *   v5 whether the directory takes no new partitions (KIP-1066).
 */
import { message } from '../codec/message.ts'
import {
  array,
  bool,
  int16,
  int32,
  int64,
  nullable,
  optional,
  since,
  string,
  struct,
} from '../codec/shapes.ts'

export const DescribeLogDirs = message({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 5],
  flexibleSince: 2,
  request: struct({ topics: nullable(array(struct({ topic: string, partitions: array(int32) }))) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: since(3, int16),
    results: array(
      struct({
        errorCode: int16,
        logDir: string,
        topics: array(
          struct({
            name: string,
            partitions: array(
              struct({ partitionIndex: int32, partitionSize: int64, offsetLag: int64, isFutureKey: bool }),
            ),
          }),
        ),
        totalBytes: since(4, int64, -1n),
        usableBytes: since(4, int64, -1n),
        isCordoned: since(5, bool, false),
      }),
    ),
  }),
})
