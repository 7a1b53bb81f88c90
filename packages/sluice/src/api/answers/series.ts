/** Answers of `series`: what is measured over time, and what was changed meanwhile. */
import type { Answers } from '../../contract/answers.ts'
import {
  isSeriesName,
  seriesDefinitions,
  seriesLimits,
  seriesNames,
  type seriesResource,
} from '../../contract/series.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import type { Series } from '../ports.ts'
import { rangeOf } from '../time-range.ts'

const partsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
]

const iso = (ms: number): string => new Date(ms).toISOString()

export const seriesAnswers = (series: Series, clock: Clock): Answers<typeof seriesResource> => ({
  read: async ({ query }) => {
    const names = partsOf(query.name).map((name) => {
      if (isSeriesName(name)) return name
      const problem = `${name} is no series; there are ${seriesNames.join(', ')}`
      throw fault('REQUEST_INVALID', { field: 'name', problem })
    })
    const subjects = query.subject === undefined ? null : partsOf(query.subject)
    const answer = await series.read({ names, subjects, ...rangeOf(query, clock.now()) })
    return {
      data: answer.lines.map(({ name, subject, points }) => ({
        name,
        subject,
        unit: seriesDefinitions[name].unit,
        points,
      })),
      count: answer.lines.length,
      from: iso(answer.fromMs),
      to: iso(answer.toMs),
      step_ms: answer.stepMs,
      timestamp: iso(clock.now()),
    }
  },
  marks: async ({ query }) => {
    const { fromMs, toMs } = rangeOf(query, clock.now())
    const found = await series.marks(fromMs, toMs, seriesLimits.marksMax)
    const data = found.map(({ atMs, ...mark }) => ({ at: iso(atMs), ...mark }))
    return { data, count: data.length, timestamp: iso(clock.now()) }
  },
})
