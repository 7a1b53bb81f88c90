/** Keys of the whole page and of what is shown: one list, which `?` shows. */
import { useEffect } from 'react'

export interface KeyAction {
  /** `?`, `g h`, `mod+k`, `Escape`. */
  readonly keys: string
  readonly says: string
  readonly run: () => void
  /** Also while somebody types. */
  readonly whileTyping?: boolean
}

const registered = new Set<KeyAction>()

/** What can be pressed right now. */
export const keyActions = (): readonly KeyAction[] => [...registered]

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))

const sequenceMs = 1_200
let before = ''
let beforeAtMs = 0

const nameOf = (event: KeyboardEvent): string => {
  const mod = event.ctrlKey || event.metaKey ? 'mod+' : ''
  return mod + (event.key.length === 1 ? event.key.toLowerCase() : event.key)
}

const onKey = (event: KeyboardEvent): void => {
  if (event.altKey || event.isComposing || event.defaultPrevented) return
  const pressed = nameOf(event)
  const typing = isTyping(event.target)
  const both = event.timeStamp - beforeAtMs < sequenceMs ? `${before} ${pressed}` : ''
  const usable = [...registered].toReversed().filter((action) => !typing || action.whileTyping === true)
  const action = usable.find(({ keys }) => keys === both) ?? usable.find(({ keys }) => keys === pressed)
  before = typing ? '' : pressed
  beforeAtMs = event.timeStamp
  if (action === undefined) return
  event.preventDefault()
  before = ''
  action.run()
}

let listening = false

/** Makes keys work for as long as the component is shown. What is shown last is asked first. */
export const useKeys = (actions: readonly KeyAction[]): void => {
  useEffect(() => {
    if (!listening) addEventListener('keydown', onKey)
    listening = true
    for (const action of actions) registered.add(action)
    return () => {
      for (const action of actions) registered.delete(action)
    }
  }, [actions])
}
