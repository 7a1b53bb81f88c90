import { describe, expect, test } from 'vitest'
import { pipelineText } from './pipeline-text.ts'

const text = `# head
topics:
  orders: { partitions: 1 }

pipelines:
  # about the first
  first: # here
    source: { http: {} }
    sink:
      postgres:
        url: postgres://sluice:secret@db.example/x # where
        table: orders

  "second":
    source: { file: { path: \${DIR}/a.csv } }
    sink: { postgres: { url: "\${URL:-postgres://u:\${P}@h/d}", table: t } }
last: 1
`

describe('a pipeline cut out of its file', () => {
  test('begins at its name, ends with it, and stands at the left edge', () => {
    expect(pipelineText(text, 'first')).toEqual({
      line: 7,
      text: `first: # here
  source: { http: {} }
  sink:
    postgres:
      url: postgres://sluice:***@db.example/x # where
      table: orders
`,
    })
  })

  test('keeps variables as they are written', () => {
    const slice = pipelineText(text, 'second')
    expect(slice?.line).toBe(14)
    expect(slice?.text).toContain('path: $' + '{DIR}/a.csv')
    expect(slice?.text).toContain('$' + '{URL:-postgres://u:$' + '{P}@h/d}')
  })

  test('is found in flow style too', () => {
    const flow = 'pipelines: { a: { source: host, sink: { file: { path: x } } }, b: { source: host } }'
    expect(pipelineText(flow, 'b')).toEqual({ line: 1, text: 'b: { source: host }\n' })
  })

  test.each(['third', 'last', ''])('%s is none', (name) => {
    expect(pipelineText(text, name)).toBeNull()
  })

  test.each(['', '[', 'pipelines: 7', 'pipelines:\n  a', '- 1', '\t:::'])('%j holds none', (other) => {
    expect(pipelineText(other, 'a')).toBeNull()
  })
})
