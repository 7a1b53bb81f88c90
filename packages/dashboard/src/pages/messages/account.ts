/** What a search says of itself, in words: what was looked at, what was found, what is left. */
import { countText, lagText } from '../../parts/format.ts'
import type { SearchAccount } from './use-search.ts'

/** `214 of 702,411 · all searched in 0.3 s`. */
export const accountText = (account: SearchAccount, filtered: boolean, where: string): string => {
  const seconds = lagText(account.elapsedMs / 1_000)
  if (!filtered) {
    const left = account.atEnd || account.remaining === null ? '' : ` · ${countText(account.remaining)} more`
    return `${countText(account.scanned)} read ${where}${left}`
  }
  const found = `${countText(account.matched)} of ${countText(account.scanned)} ${where}`
  return account.atEnd ? `${found} · searched in ${seconds}` : `${found} so far · ${seconds}`
}

/** Why the search stands still, and what is left; null when it got through. */
export const pausedText = (account: SearchAccount): string | null =>
  account.atEnd
    ? null
    : `The search paused after ${countText(account.scanned)} messages (${countText(account.matched)} matched)${
        account.remaining === null ? '' : `; ${countText(account.remaining)} are left`
      }.`

/** Messages that the filter could not be asked of. */
export const unjudgedText = (account: SearchAccount): string | null =>
  account.unjudged === 0
    ? null
    : `${countText(account.unjudged)} could not be judged and were left out${
        account.unjudgedExample === null ? '' : `: ${account.unjudgedExample}`
      }`
