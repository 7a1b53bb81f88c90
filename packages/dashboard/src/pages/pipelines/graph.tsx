/** The graph of a pipeline: what flows where, as wide as its rate; the same as a list for whoever does not see it. */
import { type ReactNode, useMemo } from 'react'
import { Go } from '../../parts/go.tsx'
import { type GraphNode, graphOf, nodeHeight, nodeWidth } from './graph-model.ts'
import type { Pipeline } from './pipeline-words.ts'

const Words = ({ node }: { node: GraphNode }): ReactNode => (
  <>
    <b className="clip">{node.title}</b>
    <span className="clip num">{node.note}</span>
  </>
)

const Node = ({ node, pipeline }: { node: GraphNode; pipeline: string }): ReactNode => {
  const style = { left: node.x, top: node.y, width: nodeWidth, height: nodeHeight }
  const className = `pg-node ${node.tone}`
  return (
    <li style={style} className={className} title={`${node.title}: ${node.note}`}>
      {node.to === null ? (
        <Words node={node} />
      ) : (
        <Go
          to={node.to.path}
          {...(node.to.params === undefined ? { search: { pipeline } } : { params: node.to.params })}
        >
          <Words node={node} />
        </Go>
      )}
    </li>
  )
}

export const PipelineGraph = ({ pipeline }: { pipeline: Pipeline }): ReactNode => {
  const graph = useMemo(() => graphOf(pipeline), [pipeline])
  return (
    <section className="pg" aria-label="From source to sink" tabIndex={0}>
      <div style={{ width: graph.width, height: graph.height, position: 'relative' }}>
        <svg width={graph.width} height={graph.height} aria-hidden>
          {graph.edges.map(({ id, path, width, tone, label, labelX, labelY }) => (
            <g key={id} className={`pg-edge ${tone}`}>
              <path d={path} strokeWidth={width} />
              <text x={labelX} y={labelY} textAnchor="middle">
                {label}
              </text>
            </g>
          ))}
        </svg>
        <ul aria-label="Steps of the way">
          {graph.nodes.map((node) => (
            <Node key={node.id} node={node} pipeline={pipeline.name} />
          ))}
        </ul>
      </div>
      <p className="faint small pg-note">width of a line = rate now</p>
    </section>
  )
}
