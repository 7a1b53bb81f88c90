/**
 * How an entry of the fault catalogue is written, and how a fault is made from it.
 *
 * The blanks of a sentence (`{bytes}`) are read by the compiler: a fault that lacks a fact does not compile.
 */

/** What the engine may do about a fault. */
export type Recovery =
  /** The same attempt may succeed later: back off and try again. */
  | 'retry'
  /** This record will never succeed: dead letter it, go on with the next. */
  | 'poison'
  /** Ownership is gone: drop what is in flight, somebody else goes on from the last commit. */
  | 'fenced'
  /** Whoever called must change something first. */
  | 'caller'

export interface FaultEntry {
  /** Status with which the API answers. */
  readonly http: number
  readonly recovery: Recovery
  /** What is wrong, in a sentence with `{blanks}`. */
  readonly says: string
  /** What to do about it, in a sentence with `{blanks}`. */
  readonly fix: string
}

/** The names in `{braces}` of a sentence. */
export type Blanks<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Blanks<Rest>
  : never

export const defineFaults = <const Entries extends Record<string, FaultEntry>>(entries: Entries): Entries =>
  entries

/**
 * Puts facts into the blanks of a sentence; a blank without a fact stays visible. A fact that ends a sentence itself
 * takes the place of the full stop behind it.
 */
export const fillBlanks = (sentence: string, facts: Readonly<Record<string, string | number>>): string =>
  sentence.replaceAll(/\{(\w+)\}(\.?)/g, (blank, name: string, stop: string) => {
    const fact = facts[name]
    if (fact === undefined) return blank
    return /[.?!]$/.test(String(fact)) ? String(fact) : `${fact}${stop}`
  })
