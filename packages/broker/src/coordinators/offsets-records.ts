/**
 * Records of `__consumer_offsets` as Kafka writes them, so that its tools can read ours and we can read its.
 *
 * - A key begins with the kind of record in 16 bits (0 and 1: a committed offset, 2: a group), a value with its version.
 * - Written are offset values of version 3 (1 when the offset has an expiry of its own, as only that version has
 *   room for it) and group values of version 3; read are versions 0 to 4. Kinds of the newer group protocols are skipped.
 * - No value: the offset, or the group, is gone.
 * Source: OffsetCommitKey, OffsetCommitValue, GroupMetadataKey and GroupMetadataValue of Kafka's group coordinator.
 */
import {
  array,
  between,
  bytes,
  int32,
  int64,
  nullable,
  Reader,
  type Schema,
  schema,
  since,
  string,
  struct,
  Writer,
} from 'sluice-kafka-protocol'
import type { CommittedOffset, OffsetKey } from './committed-offsets.ts'
import type { Group, Member } from './group-state.ts'
import { emptyGroup, metadataFor } from './group-state.ts'

/** A record as it lies in the log; no value deletes what the key names. */
export interface StoredRecord {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** What a record says. */
export type StoredFact =
  | { readonly kind: 'offset'; readonly key: OffsetKey; readonly committed: CommittedOffset | null }
  | { readonly kind: 'group'; readonly groupId: string; readonly group: Group | null }

const offsetKind = 1
const groupKind = 2
const offsetVersion = 3
const expiringOffsetVersion = 1
const groupVersion = 3

const offsetKey = schema(
  'OffsetCommitKey',
  { versions: [0, 1] },
  struct({ group: string, topic: string, partition: int32 }),
)
const groupKey = schema('GroupMetadataKey', { versions: [2, 2] }, struct({ group: string }))

const offsetValue = schema(
  'OffsetCommitValue',
  { versions: [0, 4], flexibleSince: 4 },
  struct({
    offset: int64,
    leaderEpoch: since(3, int32, -1),
    metadata: string,
    commitTimestamp: int64,
    expireTimestamp: between(1, 1, int64, -1n),
  }),
)

const groupValue = schema(
  'GroupMetadataValue',
  { versions: [0, 4], flexibleSince: 4 },
  struct({
    protocolType: string,
    generation: int32,
    protocol: nullable(string),
    leader: nullable(string),
    currentStateTimestamp: since(2, int64, -1n),
    members: array(
      struct({
        memberId: string,
        groupInstanceId: since(3, nullable(string), null),
        clientId: string,
        clientHost: string,
        rebalanceTimeout: since(1, int32, -1),
        sessionTimeout: int32,
        subscription: bytes,
        assignment: bytes,
      }),
    ),
  }),
)

const encode = <Out, In>(table: Schema<Out, In>, version: number, value: In): Buffer => {
  const writer = new Writer()
  writer.int16(version)
  table.encode(version, value, writer)
  return writer.toBuffer()
}

/** The record of a committed offset, or of its end. */
export const offsetRecord = (key: OffsetKey, committed: CommittedOffset | null): StoredRecord => {
  const encodedKey = encode(offsetKey, offsetKind, {
    group: key.groupId,
    topic: key.topic,
    partition: key.partition,
  })
  if (committed === null) return { key: encodedKey, value: null }
  const version = committed.expiresAtMs === null ? offsetVersion : expiringOffsetVersion
  const value = encode(offsetValue, version, {
    offset: committed.offset,
    leaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    commitTimestamp: BigInt(committed.committedAtMs),
    expireTimestamp: BigInt(committed.expiresAtMs ?? -1),
  })
  return { key: encodedKey, value }
}

/** The record of a group with its members and their assignments. */
export const groupRecord = (group: Group): StoredRecord => ({
  key: encode(groupKey, groupKind, { group: group.id }),
  value: encode(groupValue, groupVersion, {
    protocolType: group.protocolType ?? '',
    generation: group.generation,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: BigInt(group.phaseSinceMs),
    members: [...group.members.values()].map((member) => ({
      memberId: member.id,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: metadataFor(member, group.protocolName),
      assignment: member.assignment,
    })),
  }),
})

/** The record that ends a group. */
export const groupEndRecord = (groupId: string): StoredRecord => ({
  key: encode(groupKey, groupKind, { group: groupId }),
  value: null,
})

/** Reads a record; null for kinds we do not know. Throws ProtocolError for bytes that are none. */
export const readStoredRecord = (record: StoredRecord, nowMs: number): StoredFact | null => {
  const reader = new Reader(record.key)
  const kind = reader.int16()
  if (kind === 0 || kind === offsetKind) {
    const { group, topic, partition } = offsetKey.decode(kind, reader)
    const committed = record.value === null ? null : readOffset(new Reader(record.value))
    return { kind: 'offset', key: { groupId: group, topic, partition }, committed }
  }
  if (kind !== groupKind) return null
  const groupId = groupKey.decode(kind, reader).group
  return {
    kind: 'group',
    groupId,
    group: record.value === null ? null : readGroup(groupId, new Reader(record.value), nowMs),
  }
}

const readOffset = (reader: Reader): CommittedOffset => {
  const value = offsetValue.decode(reader.int16(), reader)
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    committedAtMs: Number(value.commitTimestamp),
    expiresAtMs: value.expireTimestamp === -1n ? null : Number(value.expireTimestamp),
  }
}

// A group comes back as it was when its last assignment was stored: its members go on with their heartbeats as if
// nothing had happened, and have a whole session's time for the first.
const readGroup = (groupId: string, reader: Reader, nowMs: number): Group => {
  const value = groupValue.decode(reader.int16(), reader)
  const members = value.members.map((stored): [string, Member] => [
    stored.memberId,
    {
      id: stored.memberId,
      instanceId: stored.groupInstanceId,
      clientId: stored.clientId,
      clientHost: stored.clientHost,
      sessionTimeoutMs: stored.sessionTimeout,
      rebalanceTimeoutMs: stored.rebalanceTimeout === -1 ? stored.sessionTimeout : stored.rebalanceTimeout,
      protocols: value.protocol === null ? [] : [{ name: value.protocol, metadata: stored.subscription }],
      assignment: stored.assignment,
      awaitsJoin: false,
      awaitsSync: false,
      isNew: false,
      hasSynced: true,
      silentAtMs: nowMs + stored.sessionTimeout,
    },
  ])
  const sinceMs = value.currentStateTimestamp === -1n ? nowMs : Number(value.currentStateTimestamp)
  return {
    ...emptyGroup(groupId, sinceMs),
    phase: members.length === 0 ? 'Empty' : 'Stable',
    generation: value.generation,
    protocolType: value.protocolType === '' ? null : value.protocolType,
    protocolName: value.protocol,
    leaderId: value.leader,
    members: new Map(members),
  }
}
