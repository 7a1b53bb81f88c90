/**
 * Members of consumer groups in processes of their own, of every client alike: kafkajs, @platformatic/kafka, kcat.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { MemberWord } from './group-member.ts'

export type MemberClient = 'kafkajs' | 'platformatic' | 'kcat' | 'kcat cooperative'

const memberProgram = fileURLToPath(new URL('group-member.ts', import.meta.url))

const commandOf = (
  client: MemberClient,
  address: string,
  group: string,
  topic: string,
): [string, string[]] => {
  if (client === 'kafkajs' || client === 'platformatic') {
    return [process.execPath, [memberProgram, client, address, group, topic]]
  }
  const settings = [
    'session.timeout.ms=6000',
    'heartbeat.interval.ms=500',
    'auto.offset.reset=earliest',
    'auto.commit.interval.ms=100',
    'reconnect.backoff.max.ms=500',
    ...(client === 'kcat' ? [] : ['partition.assignment.strategy=cooperative-sticky']),
  ]
  const format = '{"read":"%s","partition":%p,"offset":"%o"}\n'
  return [
    'kcat',
    ['-b', address, '-G', group, ...settings.flatMap((each) => ['-X', each]), '-u', '-f', format, topic],
  ]
}

/** Waits until `condition` holds; looks often. Says what was waited for when it takes too long. */
export const until = async (
  what: string | (() => string),
  condition: () => boolean | Promise<boolean>,
  withinMs = 45_000,
): Promise<void> => {
  const lastMs = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > lastMs)
      throw new Error(`waited ${withinMs} ms in vain: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** A member that runs. */
export class Member implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #partitions = new Set<number>()
  /** Values read, in order. */
  readonly read: string[] = []
  /** By partition, the offset after the last one that was committed; not known of kcat. */
  readonly committed = new Map<number, string>()
  /** What it wrote about troubles. */
  errors = ''

  constructor(client: MemberClient, address: string, group: string, topic: string) {
    const [command, args] = commandOf(client, address, group, topic)
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line))
    createInterface({ input: child.stderr }).on('line', (line) => this.#hearOfKcat(line))
  }

  /** Partitions it was assigned last. */
  get partitions(): readonly number[] {
    return [...this.#partitions].toSorted((one, other) => one - other)
  }

  #hear(line: string): void {
    const word = JSON.parse(line) as MemberWord
    if ('assigned' in word) {
      this.#partitions.clear()
      for (const partition of word.assigned) this.#partitions.add(partition)
    } else if ('read' in word) this.read.push(word.read)
    else this.committed.set(word.partition, word.committed)
  }

  // "% Group g rebalanced (memberid m): assigned: topic [0], topic [1]"; cooperative ones come and go in parts:
  // "% Group g rebalanced: incremental assignment of 2 partition(s) (memberid m, COOPERATIVE …): topic [0], topic [1]".
  #hearOfKcat(line: string): void {
    this.errors = `${this.errors}${line}\n`.slice(-4_000)
    const [, way] = /rebalanced.*?(assign|revo[ck])/.exec(line) ?? []
    if (way === undefined) return
    for (const [, partition] of line.matchAll(/\[(\d+)\]/g)) {
      if (way === 'assign') this.#partitions.add(Number(partition))
      else this.#partitions.delete(Number(partition))
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill(signal)
    await once(this.#child, 'exit')
  }

  /** Leaves the group in good order. */
  leave(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** SIGKILL: the group hears nothing of it. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}
