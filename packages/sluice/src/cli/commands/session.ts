/** `sluice signin` and `sluice open`: from the key of this machine to a page that is signed in. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { contract } from '../../contract/index.ts'
import type { CommandContext } from '../command.ts'
import { defineCommand } from '../options.adapter.ts'

const { make_link: makeLink } = contract.session.endpoints

/** The browser has so long to read the page that leads on; then it is removed. */
const leadsOnMs = 15_000

interface Link {
  readonly url: string
  readonly expiresAt: string
}

const freshLink = async ({ client }: CommandContext): Promise<Link> => {
  const { expires_at: expiresAt, path: behind } = await client.call(makeLink)
  return { url: `${client.address}${behind}`, expiresAt }
}

const printLink = async ({ io, options }: CommandContext, { expiresAt, url }: Link): Promise<void> => {
  if (options.json) {
    await io.out(`${JSON.stringify({ url, expires_at: expiresAt })}\n`)
    return
  }
  await io.out(`${url}\n`)
  io.err(`Opens the page signed in. Works once, until ${expiresAt.slice(11, 16)} UTC.\n`)
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/**
 * A file for this user alone that leads a browser to the link. A link among the words of a process could be read, and
 * used first, by everybody on the machine.
 */
const leadingPage = async (directory: string, url: string): Promise<{ file: string; folder: string }> => {
  const folder = await mkdtemp(path.join(directory, 'open-')).catch(() =>
    mkdtemp(path.join(tmpdir(), 'sluice-open-')),
  )
  await chmod(folder, 0o700)
  const file = path.join(folder, 'sluice.html')
  const target = url.replaceAll(/[&<>"]/g, (mark) => escapes[mark] ?? mark)
  const page =
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Sluice</title>' +
    `<meta http-equiv="refresh" content="0;url=${target}"><p><a href="${target}">Open Sluice</a></p>\n`
  await writeFile(file, page, { mode: 0o600 })
  return { file, folder }
}

export const signInCommand = defineCommand({
  path: ['signin'],
  summary: 'Show a link that opens the page signed in',
  description:
    'Makes a link with the key of this machine. It works once, within ten minutes; give it to nobody whom you would ' +
    'not give the key.',
  positionals: [],
  options: {},
  examples: [
    { line: 'sluice signin', says: 'a link to open in a browser' },
    { line: 'sluice signin --json', says: 'the same for scripts, with when it expires' },
  ],
  next: 'sluice doctor',
  run: async (context) => printLink(context, await freshLink(context)),
})

export const openCommand = defineCommand({
  path: ['open'],
  summary: 'Open the page in a browser, signed in',
  description:
    'Makes a link with the key of this machine and opens it. Where there is no browser, as over SSH, the link is ' +
    'printed. `BROWSER` names a program of your own.',
  positionals: [],
  options: {},
  examples: [
    { line: 'sluice open', says: 'the page of this machine' },
    { line: 'sluice open --http :8081 --dir .sluice-2', says: 'the page of another server' },
  ],
  next: 'sluice signin',
  run: async (context) => {
    const { client, clock, io, local, options, signal } = context
    const link = await freshLink(context)
    const { file, folder } = await leadingPage(options.dir, link.url)
    try {
      if (!(await local.openInBrowser(path.resolve(file)))) {
        if (!options.json) io.err('There is no browser to open here; open this link in one:\n')
        await printLink(context, link)
        return
      }
      if (options.json) await io.out(`${JSON.stringify({ opened: client.address })}\n`)
      else io.err(`Opened ${client.address} in your browser.\n`)
      await clock.sleep(leadsOnMs, AbortSignal.any([signal, io.readerGone]))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})
