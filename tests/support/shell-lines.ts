/** Commands of the documentation, run as they stand there, in the folder of a Sluice that runs. */
import { fileURLToPath } from 'node:url'
import { startPart } from './part.ts'
import type { SluiceHome } from './sluice.ts'

const mainFile = fileURLToPath(new URL('../../packages/sluice/src/main.ts', import.meta.url))

/** Stands in for curl, which may not be on this machine: what the documentation uses of it. */
const curlScript = `const words = process.argv.slice(1)
const headers = {}
let url = ''
let body
while (words.length > 0) {
  const word = words.shift()
  if (word === '-H') { const [name, value] = words.shift().split(': '); headers[name] = value }
  else if (word === '-d') body = words.shift()
  else if (!word.startsWith('-')) url = word
}
const init = body === undefined ? { headers } : { method: 'POST', headers, body }
const response = await fetch(url.replace('http://127.0.0.1:8080', process.env.SLUICE_HTTP), init)
console.log(await response.text())
if (!response.ok) process.exit(22)`

/** What stands before each line: stand-ins for what may not be here, and for the addresses that others have taken. */
const preludeFor = (home: SluiceHome): string => {
  return [
    `export SLUICE_HTTP=${home.http} SLUICE_KAFKA=:${home.port.kafka} SLUICE_POSTGRES=:${home.port.postgres}`,
    `curl() { '${process.execPath}' --input-type=module -e '${curlScript.replaceAll("'", `'\\''`)}' -- "$@"; }`,
    `sluice() { '${process.execPath}' '${mainFile}' "$@"; }`,
  ].join('\n')
}

/** A line without what it says to people. */
const bare = (line: string): string => line.replace(/\s+#.*$/, '').replaceAll('./sluice ', 'sluice ')

export interface Ran {
  readonly code: number | null
  readonly output: string
}

/** Runs one line; `before` are lines that set variables. */
export const runLine = async (home: SluiceHome, before: readonly string[], line: string): Promise<Ran> => {
  const script = [preludeFor(home), ...before.map(bare), bare(line)].join('\n')
  await using part = startPart('/bin/sh', ['-c', script], { cwd: home.folder })
  await part.ended
  return { code: part.exitCode(), output: part.output() }
}

const changes = /\bproduce\b|--apply|redrive|\bstart\b|\bstop\b| -d /

/** Runs a line until it shows what it should, or for half a minute; what changes something is run once. */
export const runUntil = async (
  home: SluiceHome,
  before: readonly string[],
  line: string,
  shows: (ran: Ran) => boolean,
): Promise<Ran> => {
  const until = Date.now() + 30_000
  for (;;) {
    const ran = await runLine(home, before, line)
    if (shows(ran) || changes.test(line) || Date.now() > until) return ran
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
