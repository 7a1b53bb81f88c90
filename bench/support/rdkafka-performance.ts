/**
 * librdkafka's own load program, compiled at bench time from Debian's `librdkafka-dev` (its examples).
 *
 * It includes private headers that the package does not carry; the few macros it takes from them are supplied here.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const source = '/usr/share/doc/librdkafka-dev/examples/rdkafka_performance.c'

const header = `#ifndef RD_H
#define RD_H
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <inttypes.h>
#include <time.h>
#include <assert.h>
#include <unistd.h>
#include <errno.h>
#define rd_snprintf snprintf
#define RD_UNUSED __attribute__((unused))
#define RD_NORETURN __attribute__((noreturn))
#define RD_INLINE inline
#define likely(x) __builtin_expect((x), 1)
#define unlikely(x) __builtin_expect((x), 0)
#define RD_MIN(a, b) ((a) < (b) ? (a) : (b))
#define RD_MAX(a, b) ((a) > (b) ? (a) : (b))
typedef int64_t rd_ts_t;
static inline rd_ts_t rd_clock(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (rd_ts_t)ts.tv_sec * 1000000LL + ts.tv_nsec / 1000LL;
}
static inline void rd_usleep(int us, void *unused) { (void)unused; usleep(us); }
#endif
`

/** Compiles it into \`folder\`; resolves to the program. @throws Error where librdkafka-dev or gcc is missing */
export const compileRdkafkaPerformance = (folder: string): string => {
  if (!existsSync(source))
    throw new Error('There is no librdkafka-dev; on Debian: apt-get install librdkafka-dev gcc')
  for (const name of ['include', 'src']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'include', 'rd.h'), header)
  writeFileSync(join(folder, 'src', 'rd.h'), header)
  writeFileSync(join(folder, 'include', 'rdtime.h'), '')
  const program = join(folder, 'rdkafka_performance')
  const include = ['-I', join(folder, 'include'), '-I', '/usr/include/librdkafka']
  const { status, stderr } = spawnSync(
    'gcc',
    ['-O2', '-w', ...include, '-o', program, source, '-lrdkafka', '-lpthread'],
    {
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(`gcc failed:\n${stderr}`)
  return program
}

export interface LoadResult {
  readonly recordsPerSecond: number
  readonly seconds: number
}

/** Runs it; the rate is records over the whole time of the program. */
export const runLoad = (program: string, args: readonly string[], records: number): LoadResult => {
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(program, [...args, '-q'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const seconds = (performance.now() - start) / 1000
  if (status !== 0) throw new Error(`rdkafka_performance ended with ${status}:\n${stdout}\n${stderr}`)
  return { recordsPerSecond: records / seconds, seconds }
}
