/** Plans of what to write, by chance from a seed: see peers.ts for their lines. */
import { type Random, randomInteger } from '../../../packages/sluice/src/kernel/random.ts'

export interface PlanOptions {
  readonly codecs: readonly string[]
  readonly partitions: number
  readonly records: number
  readonly hasNullHeaders: boolean
  /** Makes transactional ids unlike those of other plans; null: no transactions. */
  readonly transactions: string | null
  /** Keys come from so few, so that compaction has something to do; 0: any keys, none too. */
  readonly keys?: number
}

const chance = (random: Random, among: number): boolean => randomInteger(random, 1, among) === 1

const word = (bytes: Buffer | null): string => (bytes === null ? '-' : `.${bytes.toString('hex')}`)

const anyBytes = (random: Random, most: number): Buffer => {
  const length = chance(random, 200) ? randomInteger(random, 50_000, 120_000) : randomInteger(random, 0, most)
  // Some that can be compressed well, some that cannot.
  const span = chance(random, 2) ? 255 : 3
  return Buffer.from(Array.from({ length }, () => randomInteger(random, 0, span)))
}

const keyOf = (random: Random, keys: number): Buffer | null => {
  if (keys > 0) return Buffer.from(`key ${randomInteger(random, 1, keys)}`)
  if (chance(random, 4)) return null
  return chance(random, 6) ? Buffer.alloc(0) : anyBytes(random, 40)
}

const valueOf = (random: Random): Buffer | null => {
  if (chance(random, 6)) return null
  return chance(random, 8) ? Buffer.alloc(0) : anyBytes(random, 300)
}

const headerNames = ['h', 'h', 'trace-id', 'ключ', '']

const headersOf = (random: Random, { hasNullHeaders }: PlanOptions): string => {
  if (chance(random, 2)) return ''
  return Array.from({ length: randomInteger(random, 1, 4) }, () => {
    const name = headerNames[randomInteger(random, 0, headerNames.length - 1)] ?? 'h'
    const value = hasNullHeaders && chance(random, 3) ? null : anyBytes(random, 20)
    return `${word(Buffer.from(name))}:${word(value)}`
  }).join(',')
}

const latestMs = 1_780_000_000_000

const timeOf = (random: Random): number =>
  chance(random, 20) ? randomInteger(random, 1, 1_000) : latestMs - randomInteger(random, 0, 100_000)

/** Several producers side by side; each in its own codec, those of transactions beginning and ending theirs. */
export const planOf = (random: Random, options: PlanOptions): string[] => {
  const { codecs, partitions, records, transactions, keys = 0 } = options
  const plan: string[] = []
  const producers = codecs.flatMap((codec) => [
    { name: codec, codec, id: '-', isOpen: false },
    ...(transactions === null
      ? []
      : [{ name: `${codec} in transactions`, codec, id: `${transactions}-${codec}`, isOpen: false }]),
  ])
  for (const { name, codec, id } of producers) plan.push(['P', name, codec, id].join('\t'))
  for (let i = 0; i < records; i++) {
    const producer = producers[randomInteger(random, 0, producers.length - 1)]
    if (producer === undefined) break
    if (producer.id !== '-' && !producer.isOpen) {
      plan.push(`B\t${producer.name}`)
      producer.isOpen = true
    }
    const record = [
      timeOf(random),
      word(keyOf(random, keys)),
      word(valueOf(random)),
      headersOf(random, options),
    ]
    plan.push(['S', producer.name, randomInteger(random, 0, partitions - 1), ...record].join('\t'))
    if (!chance(random, 15)) continue
    plan.push(`${producer.isOpen ? (chance(random, 2) ? 'A' : 'C') : 'F'}\t${producer.name}`)
    producer.isOpen = false
  }
  for (const { name, isOpen } of producers) plan.push(`${isOpen ? 'C' : 'F'}\t${name}`)
  return plan
}
