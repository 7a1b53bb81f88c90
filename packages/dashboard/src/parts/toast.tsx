/** A word about what was just done, with a way back where there is one. Goes by itself; failures stay. */
import { useSyncExternalStore } from 'react'
import { apiErrorOf } from '../client/api-error.ts'
import { Chip, type Tone } from './chip.tsx'
import { Icon } from './icon.tsx'

interface Toast {
  readonly id: number
  readonly tone: Tone
  readonly text: string
  readonly more: string | null
  readonly undo: (() => void) | null
}

const shownMax = 4
const shownMs = 8_000
let toasts: readonly Toast[] = []
let nextId = 1
const listeners = new Set<() => void>()

const change = (next: readonly Toast[]): void => {
  toasts = next.slice(-shownMax)
  for (const listener of listeners) listener()
}

const remove = (id: number): void => change(toasts.filter((toast) => toast.id !== id))

const add = (toast: Omit<Toast, 'id'>): number => {
  const id = nextId++
  change([...toasts, { ...toast, id }])
  return id
}

/** Says that something was done; `undo` takes it back. */
export const sayDone = (text: string, undo: (() => void) | null = null): void => {
  const id = add({ tone: 'ok', text, more: null, undo })
  setTimeout(() => remove(id), shownMs)
}

/** Says that something failed, and what to do. Stays until it is closed. */
export const sayFailed = (error: unknown): void => {
  const { what, meaning, next } = apiErrorOf(error).facts
  add({ tone: 'bd', text: what, more: `${meaning} ${next}`, undo: null })
}

export const Toasts = () => {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, tone, text, more, undo }) => (
        <div className="toast" key={id}>
          <div style={{ flex: 1 }}>
            <Chip tone={tone}>{text}</Chip>
            {more === null ? null : <p className="small soft">{more}</p>}
          </div>
          {undo === null ? null : (
            <button
              type="button"
              className="btn"
              onClick={() => {
                undo()
                remove(id)
              }}
            >
              Undo
            </button>
          )}
          <button type="button" className="btn bare" aria-label="Close" onClick={() => remove(id)}>
            <Icon name="close" size={12} />
          </button>
        </div>
      ))}
    </div>
  )
}
