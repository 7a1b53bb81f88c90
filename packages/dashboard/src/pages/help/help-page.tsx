/** Help: keys, the first commands, and where to read on. */
import { type ReactNode, useEffect, useState } from 'react'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Go } from '../../parts/go.tsx'
import { keyActions } from '../../parts/keys.ts'
import { PageTitle } from '../../shell/page-title.tsx'
import './help.css'

const everywhere = [
  { keys: ['Ctrl K'], says: 'Go to a topic, pipeline, group or page' },
  { keys: ['?'], says: 'Every key that works where you are' },
  { keys: ['/'], says: 'Search what is shown' },
  { keys: ['↑', '↓', 'Enter'], says: 'Move in a list, and open' },
  { keys: ['Escape'], says: 'Close what is open' },
  { keys: ['f'], says: 'Follow what comes: messages, log lines' },
] as const

const commands = [
  { line: './sluice', says: 'what there is' },
  { line: './sluice top', says: 'what moves, live' },
  { line: './sluice pipelines', says: 'state, rates, lag and ledger' },
  { line: './sluice consume TOPIC -f', says: 'messages as they come' },
  { line: './sluice dead', says: 'what could not be delivered, and why' },
  { line: './sluice doctor', says: 'when something is odd' },
] as const

const words = [
  {
    word: 'Lane',
    says: 'What keeps its order within a source and is committed as one: a Kafka partition, a file, a machine.',
  },
  {
    word: 'Ledger',
    says: 'Each record that was read, by how it ended. in = delivered + filtered + deduplicated + aggregated + late + dead-lettered + in flight.',
  },
  {
    word: 'Dead letter',
    says: 'A record that could not be delivered, kept with its reason. Edit it, redrive it, or purge it; those behind it never wait.',
  },
  {
    word: 'Lag',
    says: 'What is written and not yet delivered, in records and in time. The verdict says what that means.',
  },
  { word: 'Revision', says: 'A text of the configuration file that was in force, with its time.' },
] as const

/** Where `g` and a second key lead: read from what works, once the page around has made it work. */
const PageKeys = (): ReactNode => {
  const [actions, setActions] = useState(keyActions)
  useEffect(() => setActions(keyActions()), [])
  return actions
    .filter(({ keys }) => keys.startsWith('g '))
    .map(({ keys, says }) => (
      <div key={keys} style={{ display: 'contents' }}>
        <dt>
          {keys.split(' ').map((key) => (
            <kbd key={key}>{key}</kbd>
          ))}
        </dt>
        <dd>{says}</dd>
      </div>
    ))
}

const HelpPage = (): ReactNode => (
  <div className="help">
    <PageTitle title="Help" />
    <section>
      <h2 className="head">Keys</h2>
      <dl className="kv">
        {everywhere.map(({ keys, says }) => (
          <div key={says} style={{ display: 'contents' }}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
        <PageKeys />
      </dl>
    </section>
    <section>
      <h2 className="head">The same from a terminal</h2>
      <dl className="kv help-commands">
        {commands.map(({ line, says }) => (
          <div key={line} style={{ display: 'contents' }}>
            <dt>
              <CodeBlock text={line} />
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
    </section>
    <section>
      <h2 className="head">Words</h2>
      <dl className="help-words">
        {words.map(({ word, says }) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd className="soft">{says}</dd>
          </div>
        ))}
      </dl>
    </section>
    <section>
      <h2 className="head">Read on</h2>
      <ul className="help-list">
        <li>
          <Go className="lnk" to="/help/api">
            The API, to read and try
          </Go>
        </li>
        <li>
          <a className="lnk" href="/openapi.json">
            Its description for tools (OpenAPI 3.1)
          </a>
        </li>
        <li className="soft">
          The guide: <code>docs/guide</code> in the repository: concepts, configuration, delivery and
          guarantees, operations, troubleshooting by symptom
        </li>
        <li className="soft">
          Any Kafka client works with the embedded broker; any HTTP client with the key in{' '}
          <code>admin.key</code>
        </li>
      </ul>
    </section>
  </div>
)

export default HelpPage
