/** `?`: every key that works here, read from the list that makes them work. */
import { Dialog } from '../parts/dialog.tsx'
import { keyActions } from '../parts/keys.ts'

const keyText = (keys: string): string =>
  keys
    .split(' ')
    .map((key) => key.replace('mod+', 'Ctrl '))
    .join(' then ')

export const Help = ({ close }: { close: () => void }) => (
  <Dialog title="Keyboard shortcuts" close={close}>
    <dl className="kv">
      {keyActions()
        .toSorted((a, b) => a.keys.localeCompare(b.keys))
        .map(({ keys, says }) => (
          <div key={keys} style={{ display: 'contents' }}>
            <dt>
              <kbd>{keyText(keys)}</kbd>
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
    </dl>
    <p className="faint small">
      In lists: <kbd>↑</kbd> <kbd>↓</kbd> move, <kbd>Enter</kbd> opens, <kbd>Escape</kbd> closes.
    </p>
  </Dialog>
)
