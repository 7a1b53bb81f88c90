/** Reads the tables of ARCHITECTURE.md: what packages and rooms there are, and what they may import. */

export interface Package {
  /** Its folder below `packages`. */
  readonly name: string
  /** Packages that any room of it may import. */
  readonly imports: readonly string[]
  /** Packages that only one room of it may import: package to room. */
  readonly importsOfRooms: ReadonlyMap<string, string>
  readonly later: boolean
}

/** `no`: pure. `yes`: may touch disk, network, time. `behind open`: only what is loaded when it is opened may. */
export type World = 'no' | 'yes' | 'behind open'

export interface Room {
  readonly package: string
  /** Path below `src`: a folder or a file. */
  readonly path: string
  /** Rooms that it may import; undefined for all of them. */
  readonly imports: readonly string[] | undefined
  /** Rooms of which it may import only the definitions. */
  readonly definitionsOf: readonly string[]
  readonly world: World
  readonly npm: readonly string[]
  readonly later: boolean
}

export interface Architecture {
  readonly packages: readonly Package[]
  readonly rooms: readonly Room[]
}

interface Row {
  /** The last heading above the table. */
  readonly heading: string
  readonly cells: ReadonlyMap<string, string>
}

const cellsOf = (line: string): string[] =>
  line
    .replace(/^\s*\||\|\s*$/g, '')
    .split('|')
    .map((cell) => cell.trim())

/** The rows of every table of a Markdown page, with their heading and the names of their columns. */
const readRows = (markdown: string): Row[] => {
  const rows: Row[] = []
  let heading = ''
  let columns: string[] | undefined
  for (const line of markdown.split('\n')) {
    if (/^#+ /.test(line)) heading = line.replace(/^#+ /, '').trim()
    if (!line.trimStart().startsWith('|')) {
      columns = undefined
      continue
    }
    const cells = cellsOf(line)
    if (columns === undefined) columns = cells
    else if (!cells.every((cell) => /^:?-+:?$/.test(cell))) {
      const names = columns
      rows.push({ heading, cells: new Map(cells.map((cell, index) => [names[index] ?? '', cell])) })
    }
  }
  return rows
}

const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')

const nameOf = (cell: string): { name: string; later: boolean } => ({
  name: quoted(cell)[0] ?? cell,
  later: /\(later\)/.test(cell),
})

const readPackage = ({ cells }: Row): Package => {
  const imports: string[] = []
  const importsOfRooms = new Map<string, string>()
  for (const match of (cells.get('may import') ?? '').matchAll(/`([^`]+)`(?: in `([^`]+)` only)?/g)) {
    const [, name = '', room] = match
    if (room === undefined) imports.push(name)
    else importsOfRooms.set(name, room)
  }
  return { ...nameOf(cells.get('package') ?? ''), imports, importsOfRooms }
}

const readWorld = (cell: string, room: string): World => {
  const text = cell.replaceAll('`', '')
  if (text === 'no' || text === 'yes' || text === 'behind open') return text
  throw new Error(
    `ARCHITECTURE.md: the room ${room} says "${cell}" of the world; it may say no, yes or behind \`open\``,
  )
}

const readRoom = (row: Row, packageName: string): Room => {
  const { name: path, later } = nameOf(row.cells.get('room') ?? '')
  const imports = row.cells.get('imports') ?? ''
  const definitionsOf = [...imports.matchAll(/definitions of `([^`]+)`/g)].map((match) => match[1] ?? '')
  return {
    package: packageName,
    path,
    imports: /everything/.test(imports)
      ? undefined
      : quoted(imports.replaceAll(/definitions of `[^`]+`/g, '')),
    definitionsOf,
    world: readWorld(row.cells.get('world') ?? '', path),
    npm: quoted(row.cells.get('npm') ?? ''),
    later,
  }
}

/** Reads ARCHITECTURE.md. Throws if a table cannot be understood: a guard that reads nothing guards nothing. */
export const readArchitecture = (markdown: string): Architecture => {
  const rows = readRows(markdown)
  const packages = rows.filter(({ cells }) => cells.has('may import')).map(readPackage)
  const rooms = rows.flatMap((row) => {
    const owner = /^Rooms of `packages\/([^/`]+)\/src`$/.exec(row.heading)?.[1]
    return owner === undefined ? [] : [readRoom(row, owner)]
  })
  if (packages.length === 0 || rooms.length === 0)
    throw new Error('ARCHITECTURE.md has no table of packages or rooms')
  return { packages, rooms }
}
