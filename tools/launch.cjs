/**
 * Behind every npm script: installs what is missing, then starts the right file with the right Node.
 *
 * - Plain old CommonJS, runs on Node 14: the machine's Node may be old, npm brings Node 24 along.
 * - `start` and `sluice` need only what runs; `test`, `check` and `run` need the tools as well. Tools that are
 *   there stay there.
 * - Where the dashboard is served, it is built from the sources that are there, once for each content.
 * - One install at a time per clone; a second launch waits for it. Network failures are tried again.
 */
'use strict'

const childProcess = require('child_process')
const crypto = require('crypto')
const fs = require('fs')
const path = require('path')
const { findNode, refuse, run } = require('../packages/broker/bin/run.cjs')

const root = path.dirname(__dirname)
const main = path.join(root, 'packages', 'sluice', 'src', 'main.ts')
const stampFile = path.join(root, 'node_modules', '.sluice-install.json')
const lockFile = path.join(root, '.cache', 'install.lock')
/** Is there while npm works: should it be killed, packages may be half there. */
const markFile = path.join(root, '.cache', 'install.incomplete')

const attemptsMax = 4
const heartbeatMs = 1000
const staleAfterMs = 300000
/** Another program (a virus scanner, an editor) holding on to a file passes as well as a lost connection. */
const passingTrouble =
  /ENOTEMPTY|EBUSY|ECONNRESET|ETIMEDOUT|ESOCKETTIMEDOUT|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|EPIPE|EINTEGRITY|ERR_SOCKET_TIMEOUT|socket hang up|network|E5\d\d|E429/i

/** How people type the command line here; what it suggests to type begins so. */
const program = process.platform === 'win32' ? 'sluice' : './sluice'

const commands = {
  start: { tools: false, file: () => main, args: (args) => ['up'].concat(args) },
  sluice: { tools: false, file: () => main, args: (args) => args },
  test: { tools: true, file: () => path.join(root, 'tools', 'test.ts'), args: (args) => args },
  check: { tools: true, file: () => path.join(root, 'tools', 'check.ts'), args: (args) => args },
  run: { tools: true, file: (args) => path.resolve(args[0] || ''), args: (args) => args.slice(1) },
}

const say = (text) => process.stderr.write(text + '\n')
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (_) {
    return undefined
  }
}

/** Names what package-lock.json asks for on this platform: a different answer means a different install. */
function wanted() {
  const hash = crypto.createHash('sha256')
  hash.update(fs.readFileSync(path.join(root, 'package-lock.json')))
  return hash.update(process.platform + '-' + process.arch).digest('hex')
}

/**
 * Tells whether somebody who ran npm by hand has everything already: npm keeps the list of what it put
 * into node_modules, so that list is compared with the lockfile. What is optional and for no platform in particular
 * serves a package of another platform where it is not there.
 */
function installedByHand(tools) {
  const lock = readJson(path.join(root, 'package-lock.json'))
  const have = readJson(path.join(root, 'node_modules', '.package-lock.json'))
  if (!lock || !have) return false
  return Object.keys(lock.packages).every((name) => {
    const entry = lock.packages[name]
    if (!name.startsWith('node_modules/') || (entry.dev && !tools)) return true
    if (entry.os && !entry.os.includes(process.platform)) return true
    if (entry.cpu && !entry.cpu.includes(process.arch)) return true
    const installed = have.packages[name]
    return installed
      ? installed.version === entry.version
      : entry.optional === true && (entry.libc !== undefined || (!entry.os && !entry.cpu))
  })
}

/** Says what still has to be installed: nothing, only the tools, or everything. */
function missing(tools) {
  const stamp = readJson(stampFile)
  if (stamp && stamp.wanted === wanted()) return stamp.tools || !tools ? 'nothing' : 'tools'
  if (installedByHand(tools)) {
    leaveStamp(tools || installedByHand(true))
    return 'nothing'
  }
  return 'everything'
}

/** Notes what is installed, and which Node was found to work, so that the next start need not try it. */
function leaveStamp(tools) {
  fs.writeFileSync(stampFile, JSON.stringify({ wanted: wanted(), tools, root, node: findNode(root) }) + '\n')
}

function nodeToUse() {
  const stamp = readJson(stampFile)
  return stamp && stamp.root === root && stamp.node && fs.existsSync(stamp.node) ? stamp.node : findNode(root)
}

/** Returns how to call the npm that started us, else the one on the path, under `node`. */
function npmCommand(node) {
  const script = process.env.npm_execpath
  if (script && /npm-cli\.c?js$/.test(script)) return { file: node, args: [script], shell: false }
  const windows = process.platform === 'win32'
  return { file: windows ? 'npm.cmd' : 'npm', args: [], shell: windows }
}

/** Runs npm once, under `node`; resolves to what it printed and whether it did its work. */
function npm(node, args, onTick) {
  const command = npmCommand(node)
  return new Promise((resolve) => {
    const child = childProcess.spawn(command.file, command.args.concat(args), {
      cwd: root,
      shell: command.shell,
      stdio: ['ignore', 'pipe', 'pipe'],
      // An npm from the path looks for its Node there.
      env: Object.assign({}, process.env, {
        PATH: path.dirname(node) + path.delimiter + (process.env.PATH || ''),
      }),
    })
    if (child.pid) fs.writeFileSync(lockFile, process.pid + ' ' + child.pid)
    let output = ''
    const keep = (chunk) => {
      output = (output + chunk).slice(-20000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const stop = (signal) => {
      child.kill(signal)
      releaseInstall()
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    const ticker = setInterval(onTick, heartbeatMs)
    const finish = (done, text) => {
      clearInterval(ticker)
      process.removeListener('SIGINT', stop)
      process.removeListener('SIGTERM', stop)
      resolve({ done, output: text })
    }
    child.on('error', (error) => finish(false, 'npm cannot be started: ' + error.message))
    child.on('close', (code) => finish(code === 0, output))
  })
}

/** Shows that something happens: a running clock on a terminal, a line every ten seconds elsewhere. */
function progress(text) {
  const startedAt = Date.now()
  say(text)
  let shownAt = 0
  return {
    tick: () => {
      const seconds = Math.round((Date.now() - startedAt) / 1000)
      if (process.stderr.isTTY) process.stderr.write('\r  ' + seconds + ' s ')
      else if (seconds - shownAt >= 10) {
        shownAt = seconds
        say('  still at it, ' + seconds + ' s')
      }
    },
    end: () => {
      if (process.stderr.isTTY) process.stderr.write('\r')
      say('  done in ' + ((Date.now() - startedAt) / 1000).toFixed(1) + ' s')
    },
  }
}

/** Reads the lock, and whether whoever wrote it is gone; undefined if there is none. */
function readInstallLock() {
  try {
    const owner = fs.readFileSync(lockFile, 'utf8')
    const silentMs = Date.now() - fs.statSync(lockFile).mtimeMs
    // An npm whose launcher was killed goes on writing: it counts as much as the launcher.
    const alive = owner.split(' ').some((pid) => isAlive(Number(pid)))
    return { owner, gone: silentMs > staleAfterMs || !alive }
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function tryToTakeInstall() {
  try {
    fs.mkdirSync(path.dirname(lockFile), { recursive: true })
    fs.writeFileSync(lockFile, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

/** Removes the lock of somebody who died, but never one that a third party took in the meantime. */
function removeInstallLock(owner) {
  const aside = lockFile + '.' + process.pid
  try {
    fs.renameSync(lockFile, aside)
    if (fs.readFileSync(aside, 'utf8') !== owner) fs.linkSync(aside, lockFile)
    fs.unlinkSync(aside)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  }
}

/** Waits until nobody else installs into this clone, then holds that right until `releaseInstall`. */
async function takeInstall() {
  let told = false
  while (!tryToTakeInstall()) {
    const lock = readInstallLock()
    if (lock && lock.gone) removeInstallLock(lock.owner)
    if (!lock || lock.gone) continue
    if (!told) say('Another start is installing here; waiting for it.')
    told = true
    await sleep(200)
  }
}

function releaseInstall() {
  try {
    if (fs.readFileSync(lockFile, 'utf8').split(' ')[0] === String(process.pid)) fs.unlinkSync(lockFile)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
}

function holdInstall() {
  try {
    const now = new Date()
    fs.utimesSync(lockFile, now, now)
  } catch (_) {
    // Taken from us after a long sleep of the machine: the other one installs the same.
  }
}

/** Runs npm until it has done its work; ends this process with what it said if it fails for good. */
async function runNpm(node, tools, tick) {
  const quiet = ['--ignore-scripts', '--loglevel=error', '--no-audit', '--no-fund', '--no-update-notifier']
  const part = tools ? '--include=dev' : '--omit=dev'
  // `ci` starts from an empty node_modules. Where there is a whole one, something may be running from it, so
  // npm brings it in line with the lockfile instead.
  const whole =
    fs.existsSync(path.join(root, 'node_modules', '.package-lock.json')) && !fs.existsSync(markFile)
  fs.writeFileSync(markFile, '')
  const args = (whole ? ['install', '--no-save'] : ['ci']).concat(part, quiet)
  for (let attempt = 1; ; attempt += 1) {
    const result = await npm(node, args, tick)
    if (result.done) return fs.unlinkSync(markFile)
    const passing = passingTrouble.test(result.output)
    if (!passing || attempt === attemptsMax) {
      say(result.output.trim().split('\n').slice(-25).join('\n'))
      say(
        passing
          ? 'npm failed ' +
              attempt +
              ' times. Is this machine online, or is a proxy needed (npm config set proxy …)?'
          : 'npm could not install what Sluice needs; its own words are above.',
      )
      releaseInstall()
      process.exit(1)
    }
    say('npm could not fetch everything (attempt ' + attempt + ' of ' + attemptsMax + '); trying again.')
    await sleep(1000 * 2 ** attempt)
  }
}

/** Installs what is missing. */
async function install(what, tools) {
  const shown = progress(
    what === 'tools'
      ? 'Installing what the tests need.'
      : 'Installing what Sluice needs. This is done once and takes up to a minute.',
  )
  const tick = () => {
    holdInstall()
    shown.tick()
  }
  // Without a word, npm leaves out optional packages that do not want the Node it runs on, and native parts are
  // such packages. So an old Node fetches the new one, and npm goes on with that.
  if (findNode(root) === undefined) await runNpm(process.execPath, false, tick)
  const node = findNode(root)
  if (node === undefined) return refuse()
  await runNpm(node, tools, tick)
  shown.end()
  leaveStamp(tools)
}

async function prepare(tools) {
  if (missing(tools) === 'nothing') return
  await takeInstall()
  try {
    const what = missing(tools)
    if (what === 'nothing') return
    const stamp = readJson(stampFile)
    // Tools that are there stay: a start must not take away what the tests use.
    await install(what, tools || Boolean(stamp && stamp.tools))
  } finally {
    releaseInstall()
  }
}

/** Whether the command serves the dashboard. */
const servesPage = (name, args) =>
  name === 'start' || (name === 'sluice' && ['up', 'server'].includes(args[0]))

/**
 * Builds the dashboard where it is not built from these sources, beside the start of everything else: at low priority,
 * and nobody waits for it. Until it is there the server has a plain front page.
 */
function buildPage(node) {
  const file = path.join(root, 'packages', 'dashboard', 'build', 'page.ts')
  if (!fs.existsSync(file)) return
  fs.mkdirSync(path.join(root, '.cache'), { recursive: true })
  const log = fs.openSync(path.join(root, '.cache', 'page.log'), 'w')
  const child = childProcess.spawn(node, [file], { cwd: root, stdio: ['ignore', log, log] })
  child.on('error', () => {})
  child.unref()
  fs.closeSync(log)
}

async function launch(name, args) {
  const command = Object.prototype.hasOwnProperty.call(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    say('Usage: node tools/launch.cjs ' + Object.keys(commands).join('|') + ' [arguments]')
    process.exit(2)
  }
  await prepare(command.tools)
  const node = nodeToUse()
  if (node === undefined) return refuse()
  if (servesPage(name, args)) buildPage(node)
  process.env.SLUICE_PROGRAM = process.env.SLUICE_PROGRAM || program
  return run(node, command.file(args), command.args(args))
}

launch(process.argv[2], process.argv.slice(3)).catch((error) => {
  say('Sluice cannot be prepared: ' + error.message)
  process.exit(1)
})
