/** The API to read and try: the served OpenAPI document, operation by operation. */
import { type ReactNode, useMemo, useRef } from 'react'
import { useAnswer } from '../../client/queries.ts'
import { useSearchText } from '../../parts/address.adapter.ts'
import { type KeyAction, useKeys } from '../../parts/keys.ts'
import { Empty, Failure, Skeleton } from '../../parts/states.tsx'
import { PageTitle } from '../../shell/page-title.tsx'
import { type Operation, operationsOf } from './operations.ts'
import { TryIt } from './try-it.tsx'
import './api.css'

const Menu = ({
  operations,
  shown,
  show,
}: {
  operations: readonly Operation[]
  shown: string
  show: (id: string) => void
}): ReactNode => (
  <nav aria-label="Operations" className="api-menu">
    {[...Map.groupBy(operations, ({ tag }) => tag)].map(([tag, group]) => (
      <section key={tag}>
        <h2>{tag}</h2>
        {group.map(({ id, method, path, summary }) => (
          <button
            key={id}
            type="button"
            aria-current={id === shown ? 'page' : undefined}
            title={`${method} ${path}`}
            onClick={() => show(id)}
          >
            <span className={`api-method ${method.toLowerCase()}`}>{method}</span>
            <span className="clip">{summary}</span>
          </button>
        ))}
      </section>
    ))}
  </nav>
)

/** What stands between backticks is code. */
const Words = ({ text }: { text: string }): ReactNode =>
  text.split('`').map((piece, at) => (at % 2 === 1 ? <code key={piece}>{piece}</code> : piece))

const Told = ({ text }: { text: string }): ReactNode =>
  text.split('\n\n').map((paragraph) => (
    <p key={paragraph} className="soft">
      <Words text={paragraph} />
    </p>
  ))

const Shown = ({ operation }: { operation: Operation }): ReactNode => (
  <article className="api-shown">
    <h2>{operation.summary}</h2>
    <p className="mono">
      <span className={`api-method ${operation.method.toLowerCase()}`}>{operation.method}</span>{' '}
      {operation.path}
    </p>
    <Told text={operation.description} />
    <TryIt operation={operation} key={operation.id} />
    <h3>Answers</h3>
    <dl className="kv">
      {operation.answers.map(({ status, description }) => (
        <div key={status} style={{ display: 'contents' }}>
          <dt className="num">{status}</dt>
          <dd>
            <Words text={description} />
          </dd>
        </div>
      ))}
    </dl>
  </article>
)

const ApiPage = (): ReactNode => {
  const asked = useAnswer('health', 'openapi')
  const [search, setSearch] = useSearchText('search')
  const [id, setId] = useSearchText('operation')
  const searchRef = useRef<HTMLInputElement>(null)
  useKeys(
    useMemo(
      (): readonly KeyAction[] => [
        { keys: '/', says: 'Search the API', run: () => searchRef.current?.focus() },
      ],
      [],
    ),
  )
  const all = useMemo(() => operationsOf(asked.data), [asked.data])
  const words = search.toLowerCase()
  const found = all.filter(({ path, summary, id: name }) =>
    [path, summary, name].some((text) => text.toLowerCase().includes(words)),
  )
  const shown = all.find((operation) => operation.id === id) ?? found[0]
  return (
    <div className="api">
      <PageTitle title="API" crumbs={[{ title: 'Help', to: '/help' }]}>
        <a className="lnk small" href="/openapi.json">
          openapi.json
        </a>
      </PageTitle>
      <div className="api-side">
        <input
          ref={searchRef}
          className="input"
          type="search"
          placeholder="Search the API"
          aria-label="Search the API"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <Menu operations={found} shown={shown?.id ?? ''} show={setId} />
      </div>
      {asked.error !== null && asked.data === undefined ? (
        <Failure error={asked.error} retry={() => void asked.refetch()} />
      ) : asked.data === undefined ? (
        <Skeleton height={420} />
      ) : shown === undefined ? (
        <Empty title="No operation is like that" />
      ) : (
        <Shown operation={shown} />
      )}
    </div>
  )
}

export default ApiPage
