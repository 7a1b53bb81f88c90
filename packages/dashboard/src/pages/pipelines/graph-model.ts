/**
 * A pipeline as a graph: source, steps and sink in a row, what is left out and what is refused below. Pure: figures go in,
 * places and widths come out.
 */

import { countText, rateText } from '../../parts/format.ts'
import { connectorName } from '../../parts/names.ts'
import type { Pipeline } from './pipeline-words.ts'

export interface GraphNode {
  readonly id: string
  readonly title: string
  readonly note: string
  readonly x: number
  readonly y: number
  readonly tone: 'plain' | 'bad' | 'quiet'
  /** Where it leads: the topic, or the dead letters. */
  readonly to: { readonly path: string; readonly params?: Readonly<Record<string, string>> } | null
}

export interface GraphEdge {
  readonly id: string
  readonly path: string
  /** Pixels, by the rate now. */
  readonly width: number
  readonly label: string
  readonly labelX: number
  readonly labelY: number
  readonly tone: 'plain' | 'bad' | 'quiet'
}

export interface Graph {
  readonly width: number
  readonly height: number
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

export const nodeWidth = 176
export const nodeHeight = 58
const gap = 84
const marginX = 28
const topY = 34
const belowY = 158
const edgeMin = 1.5
const edgeMax = 9

/** Wider by the decade: ten times the records look a step wider, not ten times. */
export const edgeWidth = (perSecond: number | null): number => {
  if (perSecond === null || perSecond <= 0) return edgeMin
  return Math.min(edgeMax, edgeMin + Math.log10(1 + perSecond) * 1.5)
}

const placeOf = (index: number): number => marginX + index * (nodeWidth + gap)

const topicOf = (topics: readonly string[]): GraphNode['to'] => {
  const [name] = topics
  return name === undefined || topics.length > 1 ? null : { path: '/topics/$name', params: { name } }
}

const lagNote = (pipeline: Pipeline): string =>
  pipeline.lag === null ? 'lag not known' : `${countText(pipeline.lag.records)} wait`

const rowOf = (pipeline: Pipeline): readonly GraphNode[] => {
  const isBad = pipeline.state === 'failed' || pipeline.state === 'degraded'
  const place = (index: number) => ({ x: placeOf(index), y: topY })
  return [
    {
      id: 'source',
      title: [connectorName(pipeline.source), ...pipeline.reads].join(' '),
      note: lagNote(pipeline),
      ...place(0),
      tone: 'plain',
      to: topicOf(pipeline.reads),
    },
    ...pipeline.steps.map(
      ({ id, use, in: given }, index): GraphNode => ({
        id: `step ${id}`,
        title: id,
        note: [...(use === id ? [] : [use]), given === null ? 'not running' : `${countText(given)} in`].join(
          ' · ',
        ),
        ...place(index + 1),
        tone: 'plain',
        to: null,
      }),
    ),
    {
      id: 'sink',
      title: [connectorName(pipeline.sink), ...pipeline.writes].join(' '),
      note: `${countText(pipeline.ledger.outputs)} written`,
      ...place(pipeline.steps.length + 1),
      tone: isBad ? 'bad' : 'plain',
      to: topicOf(pipeline.writes),
    },
  ]
}

const along = (from: GraphNode, to: GraphNode): Pick<GraphEdge, 'path' | 'labelX' | 'labelY'> => {
  const y = from.y + nodeHeight / 2
  const x = from.x + nodeWidth
  return { path: `M${x} ${y}H${to.x}`, labelX: (x + to.x) / 2, labelY: y - 10 }
}

/** Records a second into each node but the first. */
const flowsOf = ({ rates, steps }: Pipeline): readonly (number | null)[] => [
  ...steps.map(
    ({ in_per_second: rate }, index) => rate ?? (index === 0 ? (rates?.in_per_second ?? null) : null),
  ),
  rates?.out_per_second ?? null,
]

const down = (from: GraphNode, to: GraphNode): Pick<GraphEdge, 'path' | 'labelX' | 'labelY'> => {
  const x = from.x + nodeWidth / 2
  const y = from.y + nodeHeight
  const endY = to.y + nodeHeight / 2
  return {
    path: `M${x} ${y}C${x} ${endY} ${x + 24} ${endY} ${to.x} ${endY}`,
    labelX: x + 34,
    labelY: y + 26,
  }
}

interface Below {
  readonly node: GraphNode
  readonly from: readonly GraphNode[]
  readonly label: string
}

/** What left the row: filtered, refused. */
const belowOf = (pipeline: Pipeline, row: readonly GraphNode[]): readonly Below[] => {
  const { ledger, steps, dead_letters: waiting } = pipeline
  const nodeOf = (id: string): GraphNode[] => row.filter((node) => node.id === `step ${id}`)
  const filters = steps.filter(({ use }) => use === 'filter')
  const refusing = steps.filter(({ errors }) => (errors ?? 0) > 0).flatMap(({ id }) => nodeOf(id))
  const firstX = placeOf(1) + nodeWidth / 2 + 60
  const found: Below[] = []
  if (filters.length > 0 || ledger.filtered > 0) {
    const from = filters.flatMap(({ id }) => nodeOf(id))
    found.push({
      node: {
        id: 'filtered',
        title: 'Filtered',
        note: `${countText(ledger.filtered)} left out, counted`,
        x: firstX,
        y: belowY,
        tone: 'quiet',
        to: null,
      },
      from: from.length > 0 ? from : row.slice(-1),
      label: '',
    })
  }
  const x = firstX + found.length * (nodeWidth + 60)
  if (ledger.dead_lettered > 0 || waiting > 0) {
    found.push({
      node: {
        id: 'dead',
        title: 'Dead letters',
        note:
          waiting === 0
            ? `none wait, ${countText(ledger.dead_lettered)} in all`
            : `${countText(waiting)} wait`,
        x,
        y: belowY,
        tone: waiting > 0 ? 'bad' : 'quiet',
        to: { path: '/dead-letters' },
      },
      from: refusing.length > 0 ? refusing : row.slice(-1),
      label: `${countText(ledger.dead_lettered)} in all`,
    })
  }
  return found
}

/** Where everything stands, and how wide what flows is. */
export const graphOf = (pipeline: Pipeline): Graph => {
  const row = rowOf(pipeline)
  const flows = flowsOf(pipeline)
  const below = belowOf(pipeline, row)
  const last = row.length - 1
  const edges = row.slice(1).flatMap((node, index): GraphEdge[] => {
    const before = row[index]
    if (before === undefined) return []
    const rate = flows[index] ?? null
    const isStalled = node.tone === 'bad' && index + 1 === last
    return [
      {
        id: `${before.id} ${node.id}`,
        ...along(before, node),
        width: edgeWidth(rate),
        label: rate === null ? '' : `${rateText(rate)}/s`,
        tone: isStalled ? 'bad' : 'plain',
      },
    ]
  })
  const branches = below.flatMap(({ node, from, label }) =>
    from.map(
      (start): GraphEdge => ({
        id: `${start.id} ${node.id}`,
        ...down(start, node),
        width: edgeMin,
        label,
        tone: node.tone,
      }),
    ),
  )
  const nodes = [...row, ...below.map(({ node }) => node)]
  return {
    width: Math.max(...nodes.map(({ x }) => x)) + nodeWidth + marginX,
    height: below.length > 0 ? belowY + nodeHeight + 24 : topY + nodeHeight + 34,
    nodes,
    edges: [...edges, ...branches],
  }
}
