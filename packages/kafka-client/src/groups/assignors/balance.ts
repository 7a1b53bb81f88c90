/**
 * Shares that are even over all topics, with as little moving as that allows: what both sticky assignors give.
 *
 * Nobody could take a partition from a member that has two more. A member keeps what it held unless somebody else must
 * get it for balance. A partition that two members claim belongs to the one with the later generation; where both say
 * the same one, to nobody (KIP-54, KIP-429).
 */
import {
  inOrder,
  type PartitionCounts,
  type Shares,
  SharesBuilder,
  type Subscriber,
  type TopicPartition,
  topicsInOrder,
} from './assignor.ts'

interface Holder {
  readonly subscriber: Subscriber
  readonly topics: ReadonlySet<string>
  readonly held: Set<Piece>
}

/** One partition and who may have it. */
interface Piece extends TopicPartition {
  readonly takers: readonly Holder[]
  holder: Holder | null
  /** Who had it before this rebalance. */
  former: Holder | null
  formerGeneration: number
}

const give = (piece: Piece, holder: Holder): void => {
  piece.holder?.held.delete(piece)
  piece.holder = holder
  holder.held.add(piece)
}

const leastLoaded = (holders: readonly Holder[]): Holder | undefined => {
  let least = holders[0]
  for (const holder of holders) {
    if (least !== undefined && holder.held.size < least.held.size) least = holder
  }
  return least
}

const piecesOf = (holders: readonly Holder[], counts: PartitionCounts): Map<string, readonly Piece[]> => {
  const pieces = new Map<string, readonly Piece[]>()
  for (const [topic, partitions] of topicsInOrder(counts)) {
    const takers = holders.filter(({ topics }) => topics.has(topic))
    if (takers.length === 0) continue
    const ofTopic = Array.from(
      { length: partitions },
      (_, partition): Piece => ({
        topic,
        partition,
        takers,
        holder: null,
        former: null,
        formerGeneration: -1,
      }),
    )
    pieces.set(topic, ofTopic)
  }
  return pieces
}

/** Finds out who had each partition. */
const claim = (holders: readonly Holder[], pieces: ReadonlyMap<string, readonly Piece[]>): void => {
  for (const holder of holders) {
    const { owned, generation } = holder.subscriber
    for (const [topic, partitions] of owned) {
      if (!holder.topics.has(topic)) continue
      for (const partition of new Set(partitions)) {
        const piece = pieces.get(topic)?.[partition]
        if (piece === undefined || (piece.former !== null && piece.formerGeneration > generation)) continue
        const isContested = piece.formerGeneration === generation && piece.former !== holder
        piece.former = isContested && piece.former !== null ? null : holder
        piece.formerGeneration = generation
      }
    }
  }
}

/** Whoever had it keeps it, until balance says otherwise. */
const keep = (pieces: readonly Piece[]): void => {
  for (const piece of pieces) if (piece.former !== null) give(piece, piece.former)
}

/** What nobody holds goes to whoever has least, partitions with the fewest takers first. */
const fill = (pieces: readonly Piece[]): void => {
  const free = pieces.filter(({ holder }) => holder === null)
  for (const piece of free.toSorted((a, b) => a.takers.length - b.takers.length)) {
    const taker = leastLoaded(piece.takers)
    if (taker !== undefined) give(piece, taker)
  }
}

/** A partition that its holder should give up for balance, and to whom; those that did not stay with a holder first. */
const nextMove = (holder: Holder): readonly [Piece, Holder] | null => {
  let kept: readonly [Piece, Holder] | null = null
  const leastByTopic = new Map<string, Holder | undefined>()
  for (const piece of holder.held) {
    if (!leastByTopic.has(piece.topic)) leastByTopic.set(piece.topic, leastLoaded(piece.takers))
    const least = leastByTopic.get(piece.topic)
    if (least === undefined || least.held.size + 1 >= holder.held.size) continue
    if (piece.former !== holder) return [piece, least]
    kept ??= [piece, least]
  }
  return kept
}

/** Every move makes loads more even, so it ends. */
const level = (holders: readonly Holder[]): void => {
  for (let moved = true; moved; ) {
    moved = false
    for (const holder of holders.toSorted((a, b) => b.held.size - a.held.size)) {
      for (let move = nextMove(holder); move !== null; move = nextMove(holder)) {
        give(...move)
        moved = true
      }
    }
  }
}

/** Two that hold what the other had before change it back: loads stay, fewer partitions move. */
const swapBack = (pieces: readonly Piece[]): void => {
  for (const piece of pieces) {
    const { former, holder } = piece
    if (former === null || holder === null || former === holder) continue
    for (const other of former.held) {
      if (other.former === former || !other.takers.includes(holder)) continue
      give(other, holder)
      give(piece, former)
      break
    }
  }
}

/** The shares, and who had each partition that has another holder now. */
export interface Balanced {
  readonly shares: Shares
  readonly moved: readonly (TopicPartition & { readonly from: string; readonly to: string })[]
}

export const balance = (members: readonly Subscriber[], counts: PartitionCounts): Balanced => {
  const holders = inOrder(members).map(
    (subscriber): Holder => ({ subscriber, topics: new Set(subscriber.topics), held: new Set() }),
  )
  const byTopic = piecesOf(holders, counts)
  const pieces = [...byTopic.values()].flat()
  claim(holders, byTopic)
  keep(pieces)
  fill(pieces)
  level(holders)
  swapBack(pieces)
  const shares = new SharesBuilder(members)
  const moved = []
  for (const { topic, partition, holder, former } of pieces) {
    if (holder === null) continue
    shares.give(holder.subscriber.memberId, topic, partition)
    if (former !== null && former !== holder) {
      moved.push({ topic, partition, from: former.subscriber.memberId, to: holder.subscriber.memberId })
    }
  }
  return { shares: shares.build(), moved }
}
