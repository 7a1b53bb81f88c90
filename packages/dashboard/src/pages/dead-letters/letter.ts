/** A dead letter in words: its status, how its value may be edited, and the same as a command. */
import type { Answer } from '../../client/call.adapter.ts'
import type { Tone } from '../../parts/chip.tsx'
import { typedCharsMax } from '../messages/draft.ts'
import { shellWord } from '../messages/question.ts'

export type LetterRow = Answer<'deadLetters', 'list'>['data'][number]
export type Letter = Answer<'deadLetters', 'show'>
export type Status = LetterRow['status']

export const statuses = ['dead', 'redriving', 'redriven'] as const

export const statusWords: Readonly<Record<Status, { readonly word: string; readonly tone: Tone }>> = {
  dead: { word: 'Waits', tone: 'bd' },
  redriving: { word: 'On its way', tone: 'wn' },
  redriven: { word: 'Delivered', tone: 'ok' },
}

/** The status that an address names; undefined for all. */
export const statusOf = (text: string): Status | undefined => statuses.find((one) => one === text)

const askMs = { waiting: 5_000, onItsWay: 500 } as const

/** A larger one is not loaded again and again either. */
const isLargeValue = (value: string | null): boolean => (value?.length ?? 0) > typedCharsMax

/** What can be typed of a letter's value; null for bytes, tombstones, and what is too large for a browser. */
export const typedOf = ({
  value,
  value_encoding: encoding,
}: Pick<Letter, 'value' | 'value_encoding'>): string | null =>
  encoding === 'utf8' && !isLargeValue(value) ? value : null

/** Why a value cannot be typed. */
export const untypedText = ({ value }: Pick<Letter, 'value'>): string =>
  isLargeValue(value)
    ? 'Its value is too large to edit here; it can go again as it was, or mended in a file:'
    : 'Its value is no text; it can go again as it was.'

/** How often a list is asked for again: one on its way ends within a moment. */
export const askListMs = (letters: readonly Pick<LetterRow, 'status'>[]): number =>
  letters.some(({ status }) => status === 'redriving') ? askMs.onItsWay : askMs.waiting

/** How often one letter is asked for again; 0: never, as it has ended, or waits and is large. */
export const askLetterMs = ({ status, value }: Pick<Letter, 'status' | 'value'>): number => {
  const isLarge = isLargeValue(value)
  if (status === 'redriven') return 0
  if (status === 'redriving') return isLarge ? askMs.waiting : askMs.onItsWay
  return isLarge ? 0 : askMs.waiting
}

/** A longer value goes to a terminal as a file. */
const inlineCharsMax = 2_000

/** What sends it again from a terminal; `edited` null: as it was. */
export const redriveCommand = (id: string, edited: string | null): string => {
  const command = `./sluice dead redrive ${id}`
  if (edited === null) return command
  return edited.length > inlineCharsMax
    ? `${command} --value-file record.json`
    : `${command} --value ${shellWord(edited)}`
}

/** What writes a value into a file and sends it again from there. */
export const fileCommands = (id: string): string =>
  `./sluice dead show ${id} --json | jq -j .value > record.json\n./sluice dead redrive ${id} --value-file record.json`

/** What does the same to a whole pipeline. */
export const bulkCommand = (verb: 'redrive' | 'purge', pipeline: string): string =>
  `./sluice dead ${verb} --pipeline ${shellWord(pipeline)} --apply`
