/** One operation to try: its parameters as a form, the call as curl, and what was answered. */
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { callAddress, type RawAnswer } from '../../client/call.adapter.ts'
import { Chip } from '../../parts/chip.tsx'
import { CodeBlock } from '../../parts/code-block.tsx'
import { sayFailed } from '../../parts/toast.tsx'
import { curlOf, missingIn, type Operation, type Parameter, urlOf } from './operations.ts'

const Field = ({
  parameter,
  value,
  change,
}: {
  parameter: Parameter
  value: string
  change: (value: string) => void
}): ReactNode => (
  <label className="field">
    <span>
      <code>{parameter.name}</code> {parameter.required ? 'needed' : ''}{' '}
      <em className="faint">{parameter.type}</em>
    </span>
    {parameter.choices.length > 0 ? (
      <select value={value} onChange={(event) => change(event.target.value)}>
        <option value="">{parameter.preset === '' ? 'not set' : `preset: ${parameter.preset}`}</option>
        {parameter.choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    ) : (
      <input
        className="mono"
        value={value}
        placeholder={parameter.preset}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => change(event.target.value)}
      />
    )}
    <span className="faint small">{parameter.description}</span>
  </label>
)

const jsonProblem = (text: string): string | null => {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const pretty = ({ type, text }: RawAnswer): string => {
  if (!type.includes('json')) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

const Answered = ({ answer }: { answer: RawAnswer }): ReactNode => (
  <section aria-label="Answer" className="api-answer">
    <div className="head">
      <Chip tone={answer.status < 400 ? 'ok' : 'bd'}>{answer.status}</Chip>
      <small className="num">{Math.round(answer.ms)} ms</small>
    </div>
    <CodeBlock text={pretty(answer)} />
  </section>
)

export const TryIt = ({ operation }: { operation: Operation }): ReactNode => {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const [body, setBody] = useState(operation.body)
  const url = urlOf(operation, values)
  const missing = missingIn(operation, values)
  const wrong = body === null ? null : jsonProblem(body)
  const sending = useMutation({
    mutationFn: () =>
      callAddress(
        operation.method,
        url,
        body === null ? undefined : (JSON.parse(body) as unknown),
        AbortSignal.timeout(60_000),
      ),
    onError: sayFailed,
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    sending.mutate()
  }
  return (
    <form onSubmit={submit} className="api-try">
      {operation.parameters.map((parameter) => (
        <Field
          key={parameter.name}
          parameter={parameter}
          value={values[parameter.name] ?? ''}
          change={(value) => setValues({ ...values, [parameter.name]: value })}
        />
      ))}
      {body === null ? null : (
        <label className="field">
          <span>Body</span>
          <textarea
            rows={Math.min(16, body.split('\n').length + 1)}
            spellCheck={false}
            value={body}
            onChange={(event) => setBody(event.target.value)}
          />
          {wrong === null ? null : <span className="wrong">{wrong}</span>}
        </label>
      )}
      <CodeBlock text={curlOf(operation.method, url, body, location.origin)} />
      <div className="btns">
        <button
          type="submit"
          className={operation.method === 'DELETE' ? 'btn dg' : 'btn pri'}
          disabled={missing.length > 0 || wrong !== null || operation.endless || sending.isPending}
        >
          Send {operation.method}
        </button>
        <span className="faint small">
          {operation.endless
            ? 'It goes on for as long as somebody listens: use curl.'
            : missing.length > 0
              ? `Fill in ${missing.join(', ')}.`
              : operation.method === 'GET'
                ? ''
                : 'This is sent to the Sluice that runs, and does what it says.'}
        </span>
      </div>
      {sending.data === undefined ? null : <Answered answer={sending.data} />}
    </form>
  )
}
