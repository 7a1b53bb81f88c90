import { describe, expect, test } from 'vitest'
import { fileSource } from './file/definition.ts'
import { generatorSource } from './generator/definition.ts'
import { hostSource } from './host/definition.ts'

describe('options that do not fit one another are told where they are written', () => {
  test.each([
    { source: fileSource, options: { path: 'a' }, places: [] },
    { source: fileSource, options: {}, places: [] },
    { source: fileSource, options: { path: 'a', shift_to: 'now', speed: 2 }, places: ['shift_to', 'speed'] },
    {
      source: fileSource,
      options: { path: 'a', timestamp: 't', shift_to: 'now', follow: true },
      places: ['shift_to'],
    },
    {
      source: fileSource,
      options: {
        path: 'a',
        timestamp: { field: 't', fields: { year: 'y', month: 'm', day: 'd' }, zone: 'X/Y' },
      },
      places: ['timestamp.zone', 'timestamp'],
    },
    { source: fileSource, options: { path: 'a', max_record: '1GiB' }, places: ['max_record'] },
    { source: generatorSource, options: { rate: 0.5, start: '2026-01-01T00:00:00Z' }, places: [] },
    {
      source: generatorSource,
      options: { rate: 1, interval: '0s', sensors: 1, lanes: 2, start: 'now' },
      places: ['interval', 'interval', 'sensors', 'start'],
    },
    { source: hostSource, options: { every: '99ms' }, places: ['every'] },
  ])('$source.name: $options', ({ source, options, places }) => {
    expect(source.examine?.(options).map(({ path }) => path.join('.'))).toEqual(places)
  })
})
