import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  addressText,
  type Embedded,
  type EmbeddedOptions,
  type NodeProcess,
  startEmbedded,
} from '../../packages/sluice/src/embedded/index.ts'
import { identityOf } from '../../packages/sluice/src/embedded/process-identity.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { silentLogger } from '../../packages/sluice/src/kernel/logger.ts'
import { testFolder } from '../support/folder.ts'

let folder: ReturnType<typeof testFolder>
let started: Embedded[]

beforeEach(() => {
  folder = testFolder('programs')
  started = []
})

afterEach(async () => {
  for (const embedded of started) await embedded.stop()
  folder[Symbol.dispose]()
})

const start = async (options: Omit<EmbeddedOptions, 'directory'>): Promise<Embedded> => {
  const embedded = await startEmbedded(
    { directory: join(folder.path, 'data'), ...options },
    { logger: silentLogger, clock: systemClock, random: Math.random },
  )
  started.push(embedded)
  return embedded
}

/** A program that notes its number and its words, and then runs `script`. */
const program = (name: string, script: string, ...args: string[]): NodeProcess => {
  const file = join(folder.path, `${name}.ts`)
  const note = JSON.stringify(join(folder.path, `${name}.note`))
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs'
     writeFileSync(${note}, [process.pid, ...process.argv.slice(2)].join(' '))
     setInterval(() => {}, 1000)
     ${script}`,
  )
  return { name, file, args, readyLine: /ready/ }
}

const noteOf = (name: string): readonly string[] =>
  readFileSync(join(folder.path, `${name}.note`), 'utf8').split(' ')

const isGone = (name: string): boolean => identityOf(Number(noteOf(name)[0])) === undefined

const anyPort = { host: '127.0.0.1', port: 0 }
const kafka = { listen: anyPort, durability: 'os' } as const
const ready = `console.log('ready')`

describe('programs beside the embedded parts', () => {
  test('are told where the parts will listen, run in their order, and end with the rest', async () => {
    const embedded = await start({
      broker: kafka,
      programs: (at) => [
        program('first', ready, at.kafka === undefined ? 'nowhere' : addressText(at.kafka)),
        program('second', ready, at.postgres === undefined ? 'nowhere' : addressText(at.postgres)),
      ],
    })
    expect(embedded.programs.map((part) => [part.name, part.state()])).toEqual([
      ['first', 'running'],
      ['second', 'running'],
    ])
    expect([noteOf('first')[1], noteOf('second')[1]]).toEqual([embedded.broker?.address, 'nowhere'])
    await embedded.stop()
    expect([isGone('first'), isGone('second')]).toEqual([true, true])
  })

  test('one that cannot be started ends all the others, those too that do not answer yet', async () => {
    const fails = program('fails', `setTimeout(() => process.exit(3), 500)`)
    const refused = start({ broker: kafka, programs: () => [program('waits', ''), fails] })
    await expect(refused).rejects.toMatchObject({
      code: 'PART_NOT_STARTED',
      message: expect.stringContaining('fails'),
    })
    expect([isGone('waits'), isGone('fails')]).toEqual([true, true])
    // The directory is free again.
    await start({ broker: kafka })
  })

  test('are not waited for where a part cannot be started', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const refused = start({
      broker: { ...kafka, listen: { ...anyPort, port } },
      programs: () => [program('never', ready)],
    })
    await expect(refused).rejects.toMatchObject({ code: 'PORT_TAKEN' })
    taken.close()
  })
})
