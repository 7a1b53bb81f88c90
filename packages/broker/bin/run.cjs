/**
 * Starts a TypeScript (or compiled) entry file with a Node that can run it, whatever Node runs this file.
 *
 * - Plain old CommonJS without dependencies: it must load on Node 14.
 * - The Node that npm brought along (`node-<platform>-<arch>`) comes first, then the machine's own if it is
 *   new enough, else an error that says which one is needed.
 * - Signals go to the child, its exit code comes back, and it hears of our end: the channel between us closes.
 */
'use strict'

const childProcess = require('child_process')
const fs = require('fs')
const path = require('path')
const url = require('url')

/** Signals that come closer together than this are the same one, taking several ways. */
const sameSignalMs = 400

/** Type stripping is stable from here on. */
const needed = [24, 12]

/** Tells whether a version such as `24.12.0` can run TypeScript files as they are. */
function isEnough(version) {
  const parts = String(version).split('.').map(Number)
  return parts[0] > needed[0] || (parts[0] === needed[0] && parts[1] >= needed[1])
}

/** Finds the Node that npm installed beside `from` or above it; undefined if there is none for this platform. */
function bundledNode(from) {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = 'node-' + platform + '-' + process.arch
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    const root = path.join(folder, 'node_modules', name)
    try {
      const version = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).version
      const binary = path.join(root, 'bin', file)
      if (isEnough(version) && fs.existsSync(binary)) return binary
    } catch (_) {
      // Not here: look one folder higher.
    }
    if (folder === path.dirname(folder)) return undefined
  }
}

/** Tells whether a Node binary runs here at all: on musl systems the bundled one does not. */
function answers(binary) {
  const result = childProcess.spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: 20000 })
  return result.status === 0 && isEnough(String(result.stdout).trim().replace(/^v/, ''))
}

/** Returns the Node to use for what lives in `from`: the bundled one, else our own; undefined if neither will do. */
function findNode(from) {
  const bundled = bundledNode(from)
  if (bundled !== undefined && answers(bundled)) return bundled
  return isEnough(process.versions.node) ? process.execPath : undefined
}

/** Says plainly which Node is needed, and ends with exit code 1. */
function refuse() {
  process.stderr.write(
    'Sluice needs Node ' +
      needed.join('.') +
      ' or newer; this is Node ' +
      process.versions.node +
      '.\n' +
      'npm has no Node to bring along for ' +
      process.platform +
      '-' +
      process.arch +
      ', so please install Node 24 (https://nodejs.org) and try again.\n',
  )
  process.exit(1)
}

/** Ends this process the way the child ended. */
function endLike(code, signal) {
  if (signal === null) process.exit(code === null ? 1 : code)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  // A signal that cannot be raised here (Windows) still has to end us.
  setTimeout(() => process.exit(1), 1000)
}

/**
 * Runs `file` with `args` under `node` and ends as it ends.
 *
 * An interrupt from a terminal reaches the whole process group, so it is passed on only where there is no
 * terminal: the child would otherwise take one Ctrl-C for two. If npm started us and is gone, the child is
 * asked to stop as well.
 */
function run(node, file, args) {
  const child = childProcess.spawn(node, [file].concat(args), {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  let askedAtMs = 0
  const pass = (signal) => () => {
    // npm passes on what its whole group got anyway: that is one signal, not two.
    const again = Date.now() - askedAtMs < sameSignalMs
    askedAtMs = Date.now()
    if (again || (signal === 'SIGINT' && process.stdin.isTTY)) return
    child.kill(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass(signal))
  const parent = process.ppid
  if (process.env.npm_lifecycle_event && process.platform !== 'win32') {
    const watch = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(watch)
      if (askedAtMs === 0) child.kill('SIGTERM')
    }, 1000)
  }
  child.on('error', (error) => {
    process.stderr.write('Cannot start ' + node + ': ' + error.message + '\n')
    process.exit(1)
  })
  child.on('exit', endLike)
}

/**
 * Runs the entry of a package: what `tsc` compiled when it was published, else its source as it is. A Node
 * that can do so runs it right here, which saves a process and its start.
 */
function runEntry(packageFolder, name, args) {
  const compiled = path.join(packageFolder, 'dist', name + '.js')
  const file = fs.existsSync(compiled) ? compiled : path.join(packageFolder, 'src', name + '.ts')
  if (isEnough(process.versions.node)) {
    process.argv.splice(1, process.argv.length - 1, file, ...args)
    return import(url.pathToFileURL(file).href)
  }
  const node = findNode(packageFolder)
  return node === undefined ? refuse() : run(node, file, args)
}

module.exports = { findNode, refuse, run, runEntry }
