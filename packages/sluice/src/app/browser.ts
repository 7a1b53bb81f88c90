/** Opens a file in the browser of whoever sits at this machine. */
import { spawn } from 'node:child_process'

/** An opener that has not failed by then has done its work, or is the browser itself. */
const failsWithinMs = 2_000

type Words = readonly [program: string, ...rest: readonly string[]]

/** The words that open a file here; null where no browser is, or none that is near. Decides only. */
export const openerWords = (file: string, platform: string, env: NodeJS.ProcessEnv): Words | null => {
  const own = env['BROWSER'] ?? ''
  if (own !== '') return [own, file]
  // The screen of a machine that one is connected to is elsewhere.
  if ((env['SSH_CONNECTION'] ?? '') !== '') return null
  if (platform === 'darwin') return ['open', file]
  if (platform === 'win32') return ['cmd', '/c', 'start', '""', file]
  if ((env['WSL_DISTRO_NAME'] ?? '') !== '') return ['wslview', file]
  return (env['DISPLAY'] ?? '') === '' && (env['WAYLAND_DISPLAY'] ?? '') === '' ? null : ['xdg-open', file]
}

/** Whether it was opened, as far as can be told. Never rejects. */
export const openInBrowser = (file: string, env: NodeJS.ProcessEnv): Promise<boolean> => {
  const words = openerWords(file, process.platform, env)
  if (words === null) return Promise.resolve(false)
  const [program, ...rest] = words
  return new Promise((resolve) => {
    const child = spawn(program, rest, { stdio: 'ignore', detached: true, env })
    const timer = setTimeout(() => done(true), failsWithinMs)
    const done = (opened: boolean): void => {
      clearTimeout(timer)
      child.unref()
      resolve(opened)
    }
    child.once('error', () => done(false))
    child.once('exit', (code) => done(code === 0))
  })
}
