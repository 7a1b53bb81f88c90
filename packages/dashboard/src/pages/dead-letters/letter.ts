/** A dead letter in words: its status, how its value may be edited, and the same as a command. */
import type { Answer } from '../../client/call.adapter.ts'
import type { Tone } from '../../parts/chip.tsx'
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

/** What does the same to a whole pipeline. */
export const bulkCommand = (verb: 'redrive' | 'purge', pipeline: string): string =>
  `./sluice dead ${verb} --pipeline ${shellWord(pipeline)} --apply`
