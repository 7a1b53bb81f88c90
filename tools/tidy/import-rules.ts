/** Holds every import against the tables of ARCHITECTURE.md. */
import { posix } from 'node:path'
import type { Architecture, Package, Room } from './architecture.ts'
import type { Import, SourceFile } from './source-files.ts'

/** Where a file belongs. */
interface Place {
  readonly packageName: string
  /** Path below `src`. */
  readonly inside: string
  readonly room: Room | undefined
}

/** What the rules know besides the file that they look at. */
export interface ImportContext {
  readonly architecture: Architecture
  readonly files: ReadonlyMap<string, SourceFile>
  /** Name on npm to folder below `packages`. */
  readonly packageFolders: ReadonlyMap<string, string>
}

const placeOf = (path: string, { rooms }: Architecture): Place | undefined => {
  const match = /^packages\/([^/]+)\/src\/(.+)$/.exec(path)
  if (match === null) return undefined
  const [, packageName = '', inside = ''] = match
  const room = rooms
    .filter((candidate) => candidate.package === packageName)
    .filter(({ path: at }) => inside === at || inside.startsWith(`${at}/`))
    .toSorted((a, b) => b.path.length - a.path.length)[0]
  return { packageName, inside, room }
}

/** The npm package of a specifier: `@scope/name/part` is `@scope/name`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

const resolveRelative = (from: string, specifier: string): string =>
  posix.join(posix.dirname(from), specifier)

/** `node:assert` only throws. */
const isWorldly = (specifier: string): boolean =>
  specifier.startsWith('node:') && !/^node:assert(\/|$)/.test(specifier)

const isDefinition = (path: string): boolean => /\/(definition|index)\.ts$/.test(path)

/** The files that are loaded together with `start`, within its room. */
const loadedWith = (start: SourceFile, room: Room, { files }: ImportContext): SourceFile[] => {
  const inRoom = `packages/${room.package}/src/${room.path}/`
  const found = new Map([[start.path, start]])
  for (const file of found.values()) {
    for (const { specifier, dynamic } of file.imports) {
      if (dynamic || !specifier.startsWith('.')) continue
      const next = files.get(resolveRelative(file.path, specifier))
      if (next !== undefined && next.path.startsWith(inRoom)) found.set(next.path, next)
    }
  }
  return [...found.values()]
}

/** Which files of a room must not touch the world. */
const pureFiles = (room: Room, context: ImportContext): Set<string> => {
  const inRoom = `packages/${room.package}/src/${room.path}`
  const all = [...context.files.values()].filter(
    ({ path, isTest }) => !isTest && (path === inRoom || path.startsWith(`${inRoom}/`)),
  )
  if (room.world === 'no') return new Set(all.map(({ path }) => path))
  if (room.world === 'yes') return new Set()
  const definitions = all.filter(({ path }) => isDefinition(path))
  return new Set(definitions.flatMap((file) => loadedWith(file, room, context).map(({ path }) => path)))
}

const checkRoomImport = (from: Room, to: Room, path: string): string | undefined => {
  if (from === to || from.imports === undefined || from.imports.includes(to.path)) return undefined
  if (from.definitionsOf.includes(to.path)) {
    return isDefinition(path) ? undefined : `${from.path} may import only the definitions of ${to.path}`
  }
  return `${from.path} may not import ${to.path}`
}

const checkPackageImport = (from: Room, owner: Package | undefined, name: string): string | undefined => {
  if (owner === undefined || owner.imports.includes(name) || owner.importsOfRooms.get(name) === from.path)
    return undefined
  return `the room ${from.path} of ${owner.name} may not import the package ${name}`
}

const checkImport = (
  file: SourceFile,
  room: Room,
  { specifier }: Import,
  pure: boolean,
  context: ImportContext,
): string | undefined => {
  const { architecture, packageFolders } = context
  if (specifier.startsWith('.')) {
    const path = resolveRelative(file.path, specifier)
    const to = placeOf(path, architecture)
    if (to === undefined || to.packageName !== room.package)
      return `${specifier} leaves the package; import it by its name`
    return to.room === undefined ? undefined : checkRoomImport(room, to.room, path)
  }
  const folder = packageFolders.get(packageOf(specifier))
  if (folder !== undefined) {
    return checkPackageImport(
      room,
      architecture.packages.find(({ name }) => name === room.package),
      folder,
    )
  }
  if (!pure) return undefined
  if (isWorldly(specifier)) return `${room.path} must not touch the world, and imports ${specifier}`
  if (specifier.startsWith('node:') || room.npm.includes(packageOf(specifier))) return undefined
  return `${room.path} may not use the npm package ${packageOf(specifier)}: its row does not name it`
}

/** Every import that the tables forbid, and every file without a row. */
export const checkImports = (context: ImportContext): string[] => {
  const findings: string[] = []
  const pure = new Map(context.architecture.rooms.map((room) => [room, pureFiles(room, context)]))
  for (const file of context.files.values()) {
    const place = placeOf(file.path, context.architecture)
    if (place === undefined || file.isTest) continue
    if (place.room === undefined) {
      findings.push(`${file.path}: has no row in the tables of ARCHITECTURE.md`)
      continue
    }
    for (const one of file.imports) {
      const isPure = pure.get(place.room)?.has(file.path) ?? false
      const problem = checkImport(file, place.room, one, isPure, context)
      if (problem !== undefined) findings.push(`${file.path}:${one.line}: ${problem}`)
    }
  }
  return findings
}

/** Rows whose folder is gone, and rows marked (later) whose folder is there. */
export const checkRows = ({ architecture, files, packageFolders }: ImportContext): string[] => {
  const paths = [...files.keys()]
  const rooms = architecture.rooms.flatMap(({ package: owner, path, later }) => {
    const at = `packages/${owner}/src/${path}`
    const exists = paths.some((file) => file === at || file.startsWith(`${at}/`))
    if (exists === !later) return []
    return [
      `ARCHITECTURE.md: the room ${owner}/${path} ${exists ? 'is marked (later) but is there' : 'is not there'}`,
    ]
  })
  const folders = new Set(packageFolders.values())
  const known = new Map(architecture.packages.map(({ name, later }) => [name, later]))
  const listed = [...known].flatMap(([name, later]) => {
    if (folders.has(name) === !later) return []
    return [
      `ARCHITECTURE.md: the package ${name} ${later ? 'is marked (later) but is there' : 'is not there'}`,
    ]
  })
  const unlisted = [...folders]
    .filter((folder) => !known.has(folder))
    .map((folder) => `packages/${folder}: has no row in ARCHITECTURE.md`)
  return [...rooms, ...listed, ...unlisted]
}
